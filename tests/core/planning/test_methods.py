"""What every method keeps: the deadline, the seed, what was scored, the optimum that is known; and what each has of its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wm_core.config import PlannerConfig
from wm_core.planning import MpcPlanner
from wm_core.planning.draws import coloured_root, correlation_root
from wm_core.planning.evaluator import Scores
from wm_core.planning.methods import make_search
from wm_core.planning.prior import Guesses
from wm_core.planning.rotation import limit_norm
from wm_core.planning.search import Beginning, PlanningError
from wm_core.protocols import Candidates
from wm_core.types import Goal, PlannerState

HORIZON = 4
SAMPLERS = ("cem", "icem", "mppi")
METHODS = [(name, steps) for name in SAMPLERS for steps in (0, 5)]
every_method = pytest.mark.parametrize(("method", "gradient_steps"), METHODS)
every_sampler = pytest.mark.parametrize("method", SAMPLERS)


def scores(actions, costs):
    return Scores(Candidates(actions, *[None] * 5), costs, costs[None], ("cost",))


def point_mass(goal):
    """A point that moves at most 1 a step; the cost is the sum of its distances to the goal."""
    target = torch.tensor(goal)

    def score(actions):
        position = limit_norm(actions, 1.0).cumsum(1)
        return scores(actions, (position - target).norm(dim=-1).sum(-1))

    return score


def search(score, clock=lambda: 0.0, seed=0, begin=None, **settings):
    config = PlannerConfig(**{"samples": 64, "horizon": HORIZON, "iterations": 20, "deadline": 60.0, **settings})
    zero = torch.zeros(HORIZON, 2)
    begin = Beginning(zero, torch.full_like(zero, 0.6)) if begin is None else begin
    with torch.no_grad():
        return make_search(config, clock).search(score, begin, torch.Generator().manual_seed(seed), clock())


class Meter:
    """Scores a point mass; every evaluation takes as long as a seeded draw says and is remembered."""

    def __init__(self, clock, seed, goal=(2.0, 1.0)):
        self._clock, self._random, self._inner = clock, np.random.default_rng(seed), point_mass(goal)
        self.costs, self.longest, self.begun = [], 0.0, []

    def __call__(self, actions):
        self.begun.append(self._clock.time)
        took = self._random.uniform(0.002, 0.03)
        self._clock.time += took
        self.longest = max(self.longest, took)
        result = self._inner(actions)
        self.costs.extend(result.costs.tolist())
        return result


@every_method
def test_never_later_than_one_evaluation(fakes, method, gradient_steps):
    for seed in range(50):
        clock = fakes.FakeClock()
        clock.time = 7.0  # a deadline counts from the start, not from zero
        meter = Meter(clock, seed)
        deadline = 0.005 + 0.004 * seed
        found = search(meter, clock, seed, deadline=deadline, method=method, gradient_steps=gradient_steps)
        assert clock.time - 7.0 <= deadline + meter.longest
        assert max(meter.begun[1:], default=7.0) <= 7.0 + deadline  # nothing but the first is begun too late
        assert np.isfinite(found.cost) and found.cost == pytest.approx(min(meter.costs), rel=1e-6)


@pytest.mark.parametrize("gradient_steps", [0, 5])
def test_what_is_expected_to_be_late_is_not_begun(fakes, gradient_steps):
    clock = fakes.FakeClock()

    def score(actions):
        clock.time += 0.049
        return point_mass([2.0, 1.0])(actions)

    search(score, clock, deadline=0.1, gradient_steps=gradient_steps, iterations=2)
    assert clock.time == pytest.approx(0.098)  # of the two samplings; a step of the gradient would have ended at 0.147


@every_method
def test_the_best_of_all_that_was_scored_is_found(fakes, method, gradient_steps):
    meter = Meter(fakes.FakeClock(), 0)
    found = search(meter, method=method, gradient_steps=gradient_steps, iterations=4)
    assert found.cost == min(meter.costs)
    assert float(point_mass((2.0, 1.0))(found.actions[None]).costs) == pytest.approx(found.cost, rel=1e-6)
    assert not found.scores.costs.requires_grad and not found.actions.requires_grad


@every_method
def test_the_same_seed_finds_the_same(method, gradient_steps):
    settings = dict(method=method, gradient_steps=gradient_steps, iterations=3)
    one, two, other = (search(point_mass([2.0, 1.0]), seed=seed, **settings) for seed in (7, 7, 8))
    assert torch.equal(one.actions, two.actions) and torch.equal(one.mean, two.mean)
    assert not torch.equal(one.actions, other.actions)


@every_sampler
def test_an_inner_optimum(method):
    # (0.6, 0.8) is exactly one step away: be there at once and stay; the sum of distances is 0. White noise settles to
    # within 0.1. Coloured noise hardly has what a jump and a stop need: iCEM comes within 0.25, and with white within 0.1.
    settings = dict(samples=512, iterations=30, min_std=0.01, method=method)
    found = search(point_mass([0.6, 0.8]), **settings)
    assert found.cost < (0.25 if method == "icem" else 0.1)
    assert found.actions[0].numpy() == pytest.approx([0.6, 0.8], abs=0.1)
    assert search(point_mass([0.6, 0.8]), **settings, icem={"noise_exponent": 0.0}).cost < 0.1


@every_sampler
@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5])
def test_no_bias_at_the_bounds(method, angle):
    # 10 away with steps of 1: the best sum is 9 + 8 + 7 + 6 = 30, with every step at its bound, whatever the direction.
    # The mean itself has to get there: averaging clamped samples would stay short of it. A step that is 14 degrees off
    # is 0.97 long along the way and costs 0.03.
    way = torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32)
    found = search(point_mass((10.0 * way).tolist()), method=method)
    assert found.cost == pytest.approx(30.0, abs=0.1)
    reached = limit_norm(found.mean, 1.0) @ way
    assert reached.min() > 0.97, reached


@every_sampler
def test_infinite_costs_are_never_chosen(method):
    def score(actions):
        costs = point_mass([2.0, 1.0])(actions).costs
        return scores(actions, torch.where(actions[:, 0, 0] > 0.2, torch.inf, costs))

    found = search(score, iterations=4, method=method)
    assert found.actions[0, 0] <= 0.2 and np.isfinite(found.cost) and torch.isfinite(found.mean).all()


@every_sampler
def test_what_was_found_outlives_a_draw_without_any(method):
    calls = []

    def score(actions):
        calls.append(len(actions))
        costs = point_mass([2.0, 1.0])(actions).costs
        return scores(actions, costs if len(calls) == 1 else torch.full_like(costs, torch.inf))

    found = search(score, iterations=3, method=method)
    assert len(calls) == 3 and np.isfinite(found.cost)  # of three draws two found nothing
    with pytest.raises(PlanningError, match="none of 64"):
        search(lambda actions: scores(actions, torch.full((len(actions),), torch.inf)), method=method)


@every_sampler
def test_proposals_and_guesses_compete(method):
    zero = torch.zeros(HORIZON, 2)
    perfect = torch.tensor([[0.6, 0.8], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    narrow = torch.full_like(zero, 0.01)
    for begin in (
        Beginning(zero, narrow, proposals=(perfect,)),
        Beginning(zero, narrow, guesses=Guesses((perfect,), torch.full((8, HORIZON, 2), 5.0))),
        Beginning(zero, narrow, guesses=Guesses((), torch.cat([torch.full((7, HORIZON, 2), 5.0), perfect[None]]))),
        Beginning(zero, narrow, elites=perfect[None]),
    ):
        found = search(point_mass([0.6, 0.8]), begin=begin, iterations=1, method=method)
        assert torch.equal(found.actions, perfect) and found.cost == pytest.approx(0.0, abs=1e-6)


@every_sampler
def test_the_gradient_lowers_the_cost(method):
    # Few samples find the neighbourhood; 40 steps of at most 0.05 go on from there. The best is 0.
    def smooth(actions):
        return scores(actions, (actions.cumsum(1) - torch.tensor([0.6, 0.8])).square().sum((-1, -2)))

    few = dict(samples=16, iterations=1, method=method)
    for seed in range(5):
        before, after = (search(smooth, seed=seed, gradient_steps=steps, **few) for steps in (0, 40))
        assert after.cost < 0.25 * before.cost


def test_a_gradient_that_leads_uphill_changes_nothing():
    def steep(actions):  # so narrow that a step of 0.05 jumps over it
        return scores(actions, (200.0 * actions).sin().abs().sum((-1, -2)) + actions.square().sum((-1, -2)))

    found = search(steep, gradient_steps=5, iterations=2)
    assert found.cost <= search(steep, iterations=2).cost
    zero = torch.zeros(HORIZON, 2)
    begin = Beginning(zero, torch.full_like(zero, 0.6), (zero,))
    assert torch.equal(search(steep, gradient_steps=5, iterations=2, begin=begin).actions, zero)


def test_a_cost_without_a_gradient_is_an_error():
    with pytest.raises(ValueError, match="no gradient comes back"):
        search(lambda actions: point_mass([2.0, 1.0])(actions.detach()), gradient_steps=1, iterations=1)


class TestIcem:
    def test_the_population_shrinks_but_not_below_twice_the_elites(self):
        sizes = []

        def score(actions):
            sizes.append(len(actions))
            return point_mass([2.0, 1.0])(actions)

        search(score, method="icem", samples=100, iterations=5, elites=0.2, icem={"shrink": 2.0})
        # 100, 50, then 25 and less, but never below 2 x 20
        assert sizes == [100, 50, 40, 40, 40]

    def test_elites_are_tried_again_and_handed_on(self):
        drawn = []

        def score(actions):
            drawn.append(actions.clone())
            return point_mass([2.0, 1.0])(actions)

        # 3 of the 10 elites stay
        found = search(score, method="icem", samples=100, iterations=2, elites=0.1, icem={"kept": 0.3})
        costs = point_mass([2.0, 1.0])(drawn[0]).costs
        for elite in drawn[0][costs.topk(3, largest=False).indices]:
            assert (drawn[1] == elite).all((-1, -2)).any()
        assert found.elites.shape == (3, HORIZON, 2)
        assert search(score, method="icem", iterations=1, icem={"kept": 0.0}).elites is None
        assert search(score, method="cem", iterations=1).elites is None

    def test_coloured_noise(self):
        # Every step of unit variance; white without an exponent; the larger it is, the more alike are neighbours.
        alike = []
        for exponent in (0.0, 1.0, 2.0, 4.0):
            covariance = coloured_root(12, exponent) @ coloured_root(12, exponent).T
            assert covariance.diagonal().numpy() == pytest.approx(np.ones(12), abs=1e-5)
            alike.append(float(covariance[0, 1]))
        assert alike[0] == pytest.approx(0.0, abs=1e-5) and alike == sorted(alike) and alike[-1] > 0.9


class TestMppi:
    def test_the_mean_is_weighted(self):
        # Costs 0, 1, 2 and inf; of 4 samples two are elites: lambda = 0.5 x (1 - 0). Weights 1, e^-2, e^-4 and 0.
        class Fixed(torch.nn.Module):
            rows = torch.tensor([1.0, 2.0, 3.0, 100.0]).reshape(4, 1, 1)

            def __call__(self, actions):
                if len(actions) < 4:
                    return scores(actions, torch.full((len(actions),), 9.0))
                return scores(self.rows.expand(4, HORIZON, 2), torch.tensor([0.0, 1.0, 2.0, torch.inf]))

        found = search(Fixed(), method="mppi", samples=4, elites=0.5, iterations=1, mppi={"temperature": 0.5})
        weights = np.exp([0.0, -2.0, -4.0])
        assert found.mean.numpy() == pytest.approx(np.full((HORIZON, 2), weights @ [1, 2, 3] / weights.sum()), rel=1e-5)

    def test_noise_is_alike_in_neighbouring_steps_of_every_iteration(self):
        drawn = []

        def score(actions):
            drawn.append(actions.clone())
            return scores(actions, torch.zeros(len(actions)))

        search(score, method="mppi", samples=4000, iterations=2, correlation=0.8)
        for actions in drawn[:2]:
            noise = actions[10:] - actions[10:].mean(0)
            seen = float((noise[:, 0, 0] * noise[:, 1, 0]).mean() / noise[:, 0, 0].square().mean())
            assert seen == pytest.approx(0.8, abs=0.05)
        first, second = (float(actions[10:].std(0).mean()) for actions in drawn[:2])
        assert second == pytest.approx(0.6 * first, rel=0.05)
        root = correlation_root(3, 0.8)
        assert (root @ root.T)[0].numpy() == pytest.approx([1.0, 0.8, 0.64], abs=1e-6)


class TestPlanner:
    @every_method
    def test_it_gets_there(self, robot, arm, home, fakes, method, gradient_steps):
        target = np.array([0.5, 0.25, 0.2])
        config = PlannerConfig(deadline=60.0, method=method, gradient_steps=gradient_steps)
        planner = MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1)
        joints, state, goal = home, PlannerState(seed=0), Goal(image=fakes.goal_image(target))
        for row in range(12):  # 26 cm in steps of at most 5
            plan, state = planner.plan([fakes.observe(joints, 0.2 * row)] * 2, goal, state)
            joints = plan.joint_path[0]
        assert np.linalg.norm(arm.forward(joints).position - target) < 0.015
        assert (state.elites is not None) == (method == "icem")

    @every_method
    def test_the_same_seed_makes_the_same_plan(self, robot, arm, home, fakes, method, gradient_steps):
        goal, paths = Goal(image=fakes.goal_image([0.5, 0.25, 0.2])), []
        config = PlannerConfig(deadline=60.0, method=method, gradient_steps=gradient_steps)
        for seed in (3, 3, 4):
            planner, state = MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1), PlannerState(seed)
            for row in range(2):  # cold and warm
                plan, state = planner.plan([fakes.observe(home, 0.2 * row)] * 2, goal, state)
            paths.append(plan.joint_path)
        assert np.array_equal(paths[0], paths[1]) and not np.array_equal(paths[0], paths[2])

    def test_the_gradient_goes_through_arm_and_model(self, robot, arm, home, fakes):
        goal, costs = Goal(image=fakes.goal_image([0.5, 0.25, 0.2])), []
        for steps in (0, 30):
            config = PlannerConfig(deadline=60.0, samples=16, iterations=1, gradient_steps=steps)
            planner = MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1)
            plan, _ = planner.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))
            costs.append(plan.cost)
        assert costs[1] < 0.8 * costs[0]

    def test_a_rehearsal_does_not_spoil_the_gradient(self, robot, arm, home, fakes):
        # The goal is encoded once, by whichever comes first.
        config = PlannerConfig(deadline=60.0, samples=16, iterations=1, gradient_steps=2)
        planner = MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1)
        goal, seen = Goal(image=fakes.goal_image([0.5, 0.25, 0.2])), [fakes.observe(home, 0.0)] * 2
        planner.rehearse(seen, goal, np.zeros((1, 2, 4)))
        planner.plan(seen, goal, PlannerState(0))
