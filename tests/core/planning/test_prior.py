"""A learned guess takes part in the search, and only there where it can."""

import numpy as np
import pytest
import torch

from wm_core.config import PlannerConfig
from wm_core.planning import MpcPlanner
from wm_core.planning.cem import CrossEntropySearch
from wm_core.planning.evaluator import Scores
from wm_core.planning.prior import ActionPrior, Guesses, fit_horizon
from wm_core.planning.search import Beginning
from wm_core.protocols import Candidates
from wm_core.types import Focus, Goal, PlannerState, Pose

TARGET = np.array([0.5, 0.25, 0.2])
ONE_LOOK = PlannerConfig(samples=16, iterations=1, deadline=60.0)  # far too little to find the way alone


class StraightPrior:
    """Knows the way in the world of `LinearWorldModel`: full steps towards the goal. Its samples are a tenth of a step off."""

    def __init__(self, horizon=5):
        self.horizon, self.asked = horizon, []

    def propose(self, latent, goal, focus, count, generator):
        self.asked.append(focus)
        way = (goal - latent) / 0.05
        share = (way.norm() - torch.arange(self.horizon)).clamp(0.0, 1.0) / way.norm()
        modes = (share[:, None] * way)[None]
        return modes, modes + 0.1 * torch.randn(count, self.horizon, 3, generator=generator)


@pytest.fixture
def plan(robot, arm, home, fakes):
    def make(goal, prior, config=ONE_LOOK, seed=0):
        planner = MpcPlanner(robot, arm, config, fakes.LinearWorldModel(arm), threads=1, prior=prior)
        return planner.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(seed))[0]

    return make


@pytest.fixture
def goal(fakes):
    return Goal(image=fakes.goal_image(TARGET))


def test_a_good_guess_is_taken(plan, goal):
    assert isinstance(StraightPrior(), ActionPrior)
    alone, guided = plan(goal, None), plan(goal, StraightPrior())
    # 26 cm away in steps of 5 cm: after five of them a centimetre or so is left, and the arm bends the line a little.
    assert np.linalg.norm(guided.tool_path[-1] - TARGET) < 0.03 < np.linalg.norm(alone.tool_path[-1] - TARGET)


def test_a_share_of_zero_is_no_prior(plan, goal):
    prior = StraightPrior()
    config = ONE_LOOK.model_copy(update={"prior_share": 0.0})
    assert np.array_equal(plan(goal, prior, config).joint_path, plan(goal, None, config).joint_path)
    assert not prior.asked


def test_it_is_asked_where_the_goal_is_a_picture_and_the_tool_moves(plan, goal, home):
    prior = StraightPrior()
    for other in (Goal(pose=Pose(TARGET)), Goal(joints=home + 0.1), Goal(image=goal.image, joints=home)):
        plan(other, prior)
    assert not prior.asked
    plan(goal, prior)
    assert set(prior.asked) == {Focus.SCENE}


def test_the_same_seed_makes_the_same_plan(plan, goal):
    paths = [plan(goal, StraightPrior(), seed=seed).joint_path for seed in (3, 3, 4)]
    assert np.array_equal(paths[0], paths[1]) and not np.array_equal(paths[0], paths[2])


@pytest.mark.parametrize("horizon", [2, 9])
def test_a_prior_of_another_horizon(plan, goal, horizon):
    assert plan(goal, StraightPrior(horizon)).joint_path.shape == (5, 7)


def test_fit_horizon():
    actions = torch.arange(1.0, 7.0).reshape(1, 3, 2)
    assert fit_horizon(actions, 2)[0].tolist() == [[1, 2], [3, 4]]
    assert fit_horizon(actions, 5)[0].tolist() == [[1, 2], [3, 4], [5, 6], [0, 0], [0, 0]]


def test_guesses_stand_in_every_draw():
    # The best is at 1.5; the mean begins at 0 with next to no spread, so what is near 1.5 comes from the guesses.
    drawn = []

    def score(actions):
        drawn.append(actions.clone())
        costs = (actions[:, 0, 0] - 1.5).abs()
        return Scores(Candidates(actions, *[None] * 5), costs, costs[None], ("cost",))

    config = PlannerConfig(samples=20, horizon=1, iterations=3, deadline=60.0, min_std=0.01)
    zero = torch.zeros(1, 1)
    guesses = Guesses((torch.tensor([[7.0]]),), torch.tensor([1.4, 9.0, 9.0, 9.0, 9.0, 9.0]).reshape(6, 1, 1))
    CrossEntropySearch(config, lambda: 0.0).search(
        score, Beginning(zero, torch.full_like(zero, 0.01), (), guesses), torch.Generator().manual_seed(0), 0.0
    )
    assert torch.equal(drawn[0][-6:], guesses.samples)
    assert all(7.0 in draw[:, 0, 0].tolist() for draw in drawn[:3])  # the mode is tried every time
    # A tenth of six, at least one: the other guesses were all worse than the one at 1.4. With a spread of the elites,
    # one at 1.4 and one at 0.0, of 0.7 the new ones lie around it.
    assert 0.0 < (drawn[1][-6:] - 1.4).abs().mean() < 1.5
