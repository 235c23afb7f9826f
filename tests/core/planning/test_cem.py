"""The search on problems whose optimum is known."""

import pytest
import torch

from wm_core.config import PlannerConfig
from wm_core.planning.cem import CrossEntropySearch
from wm_core.planning.evaluator import Scores
from wm_core.planning.rotation import limit_norm
from wm_core.planning.search import Beginning, PlanningError
from wm_core.protocols import Candidates

HORIZON = 4


def scores(actions, costs):
    return Scores(Candidates(actions, *[None] * 5), costs, costs[None], ("cost",))


def point_mass(goal):
    """A point that moves at most 1 a step; the cost is the sum of its distances to the goal."""

    def score(actions):
        position = limit_norm(actions, 1.0).cumsum(1)
        return scores(actions, (position - torch.tensor(goal)).norm(dim=-1).sum(-1))

    return score


def search(score, proposals=(), clock=lambda: 0.0, seed=0, **settings):
    config = PlannerConfig(**{"samples": 64, "horizon": HORIZON, "iterations": 20, "deadline": 60.0, **settings})
    zero = torch.zeros(HORIZON, 2)
    found = CrossEntropySearch(config, clock).search(
        score, Beginning(zero, torch.full_like(zero, 0.6), tuple(proposals)), torch.Generator().manual_seed(seed), clock()
    )
    return found, found.scores.candidates.actions[found.row]


def test_an_inner_optimum():
    # (0.6, 0.8) is exactly one step away: be there at once and stay; the sum of distances is 0.
    found, actions = search(point_mass([0.6, 0.8]), samples=512, iterations=30, min_std=0.01)
    assert found.cost == pytest.approx(0.0, abs=0.1)
    assert actions[0].numpy() == pytest.approx([0.6, 0.8], abs=0.05)


def test_no_bias_at_the_bounds():
    # 10 away along x with steps of 1: the best sum is 9 + 8 + 7 + 6 = 30, with every step at its bound. From zero with
    # a spread of 0.6 the mean has to get all the way to the bound; averaging clamped samples stays short of it.
    goal = [10.0, 0.0]
    found, _ = search(point_mass(goal))
    assert found.cost == pytest.approx(30.0, abs=0.1)
    steps = limit_norm(found.mean, 1.0)
    assert steps[:, 0].min() > 0.99

    def clamped(actions):  # what the docstring warns of, for comparison
        return point_mass(goal)(limit_norm(actions, 1.0))

    biased, _ = search(clamped)
    assert float(point_mass(goal)(biased.mean[None]).costs) > float(point_mass(goal)(found.mean[None]).costs)


def test_the_same_seed_finds_the_same():
    one, two, other = (search(point_mass([2.0, 1.0]), seed=seed, iterations=2)[1] for seed in (7, 7, 8))
    assert torch.equal(one, two) and not torch.equal(one, other)


def test_what_is_returned_was_scored():
    found, actions = search(point_mass([2.0, 1.0]), iterations=2)
    assert float(point_mass([2.0, 1.0])(actions[None]).costs) == pytest.approx(found.cost)


def test_proposals_compete():
    perfect = torch.tensor([[0.6, 0.8], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    found, actions = search(point_mass([0.6, 0.8]), [perfect], iterations=1)
    assert torch.equal(actions, perfect) and found.cost == pytest.approx(0.0, abs=1e-6)


def test_nan_is_never_chosen():
    def score(actions):
        costs = point_mass([2.0, 1.0])(actions).costs
        return scores(actions, torch.where(actions[:, 0, 0] > 0.2, torch.inf, costs))

    found, actions = search(score, iterations=3)
    assert actions[0, 0] <= 0.2 and found.cost < float("inf")


def test_nothing_finite_is_an_error():
    with pytest.raises(PlanningError, match="none of 64"):
        search(lambda actions: scores(actions, torch.full((len(actions),), torch.inf)))


def test_the_deadline_ends_the_search(fakes):
    # Each iteration takes 30 ms of 100: the fourth would end at 120 and is not begun.
    clock = fakes.FakeClock()

    def slow(actions):
        clock.time += 0.03
        return point_mass([2.0, 1.0])(actions)

    found, _ = search(slow, clock=clock, deadline=0.1)
    assert found.iterations == 3 and clock.time == pytest.approx(0.09)


def test_one_iteration_is_always_made(fakes):
    clock = fakes.FakeClock()

    def slow(actions):
        clock.time += 5.0
        return point_mass([2.0, 1.0])(actions)

    assert search(slow, clock=clock, deadline=0.1)[0].iterations == 1
