"""Each term by hand, on one candidate with two steps and two joints."""

import pytest
import torch

from wm_core.planning.evaluator import Evaluator
from wm_core.planning.objectives import (
    Effort,
    GoalJoints,
    GoalLatent,
    GoalObject,
    GoalPose,
    GripperEffort,
    JointLimits,
    Smoothness,
    Workspace,
)
from wm_core.protocols import Candidates, Objective
from wm_core.types import Focus


def candidates(latents=None):
    path = torch.tensor([[[0.1, 0.0], [0.3, 0.4]]])
    tool = torch.tensor([[[0.0, 0.0, 0.1], [0.3, 0.0, 0.5]]])
    turned = torch.eye(3).expand(1, 2, 3, 3)
    return Candidates(torch.zeros(1, 2, 3), path, torch.zeros(1, 2, 3), tool, turned, torch.zeros(2), latents)


class Distance:
    """Just enough of a world model."""

    def rollout(self, latent, actions):
        return latent + actions.cumsum(1)

    def goal_distance(self, latent, goal, focus):
        return (latent - goal).norm(dim=-1)


def test_goal_latent():
    # distances 3 and 5; the last counts twice: 3 + 2 * 5
    latents = torch.tensor([[[3.0, 0.0], [3.0, 4.0]]])
    objective = GoalLatent(1.0, Distance(), torch.zeros(2))
    assert objective.cost(candidates(latents)).tolist() == pytest.approx([13.0])
    with pytest.raises(ValueError, match="needs imagined latents"):
        objective.cost(candidates())


def test_an_object_that_is_near_enough_is_left_alone():
    # distances 3 and 5, of which 4 are near enough: 0 + 2 * 1
    latents = torch.tensor([[[3.0, 0.0], [3.0, 4.0]]])
    about_the_object = GoalLatent(1.0, Distance(), torch.zeros(2), Focus.OBJECT, near_enough=4.0)
    assert about_the_object.cost(candidates(latents)).tolist() == pytest.approx([2.0])
    # Where a tool is to be is as exact as ever.
    about_the_scene = GoalLatent(1.0, Distance(), torch.zeros(2), Focus.SCENE, near_enough=4.0)
    assert about_the_scene.cost(candidates(latents)).tolist() == pytest.approx([13.0])


def test_goal_object():
    # The reader sees the object 1 m above what it is told: (3, 0, 1) and (3, 4, 1) are 1 and 4.123... from (3, 0, 0)
    class Reader:
        def object_position(self, latent):
            return latent + torch.tensor([0.0, 0.0, 1.0])

    latents = torch.tensor([[[3.0, 0.0, 0.0], [3.0, 4.0, 0.0]]])
    objective = GoalObject(1.0, Reader(), torch.tensor([3.0, 0.0, 0.0]))
    assert objective.cost(candidates(latents)).tolist() == pytest.approx([1.0 + 2 * 17**0.5])
    with pytest.raises(ValueError, match="needs imagined latents"):
        objective.cost(candidates())


def test_goal_pose():
    # distances to (0, 0, 0.1): 0 and 0.5
    goal = torch.tensor([0.0, 0.0, 0.1])
    assert GoalPose(1.0, goal).cost(candidates()).tolist() == pytest.approx([0.5])
    # half a turn away: 2 sin(90 deg) = 2 at each of two steps, times the lever of 0.1 m
    half_turn = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    assert GoalPose(1.0, goal, half_turn).cost(candidates()).tolist() == pytest.approx([0.9])


def test_goal_joints():
    # to (0.3, 0): 0.2 and 0.4
    assert GoalJoints(1.0, torch.tensor([0.3, 0.0])).cost(candidates()).tolist() == pytest.approx([0.6])


def test_effort():
    # changes (0.1, 0) and (0.2, 0.4), as shares of (0.1, 0.4): (1, 0), (2, 1); mean of squares 0.5 and 2.5
    assert Effort(1.0, torch.tensor([0.1, 0.4])).cost(candidates()).tolist() == pytest.approx([3.0])


def test_smoothness():
    # the change between those changes, as a share: (1, 1); mean of squares 1
    assert Smoothness(1.0, torch.tensor([0.1, 0.4])).cost(candidates()).tolist() == pytest.approx([1.0])


def test_joint_limits():
    # range +-0.4: shares 0.25, 0 then 0.75, 1; only the last is beyond 0.9, at the limit it costs 1
    limit = torch.tensor([0.4, 0.4])
    assert JointLimits(1.0, -limit, limit).cost(candidates()).tolist() == pytest.approx([1.0])


def test_workspace():
    # the box ends at x 0.2 and z 0.4: the second point is 0.1 beyond both, sqrt(0.02)
    lower, upper = torch.tensor([-1.0, -1.0, 0.0]), torch.tensor([0.2, 1.0, 0.4])
    assert Workspace(1.0, lower, upper).cost(candidates()).tolist() == pytest.approx([0.02**0.5])


def test_every_objective_keeps_the_contract():
    two, three = torch.ones(2), torch.ones(3)
    for objective in (
        GoalLatent(1, Distance(), two),
        GoalObject(1, Distance(), three),
        GoalPose(1, three),
        GripperEffort(1),
        GoalJoints(1, two),
        Effort(1, two),
        Smoothness(1, two),
        JointLimits(1, -two, two),
        Workspace(1, -three, three),
    ):
        assert isinstance(objective, Objective)


def test_the_evaluator_weighs_and_tells_the_shares():
    evaluator = Evaluator([GoalJoints(2.0, torch.tensor([0.3, 0.0])), Effort(0.5, torch.tensor([0.1, 0.4]))])
    scores = evaluator.evaluate(candidates())
    assert scores.costs.tolist() == pytest.approx([2 * 0.6 + 0.5 * 3.0])
    assert {term.name: term.value for term in scores.terms(0)} == pytest.approx({"goal_joints": 1.2, "effort": 1.5})


def test_the_evaluator_imagines_only_if_needed():
    class Untouchable:
        def rollout(self, latent, actions):
            raise AssertionError("nobody needs latents")

    assert not Evaluator([GoalJoints(1.0, torch.zeros(2))], Untouchable()).evaluate(candidates()).candidates.latents
    with pytest.raises(ValueError, match="no world model"):
        Evaluator([GoalLatent(1.0, Distance(), torch.zeros(2))])
    with pytest.raises(ValueError, match="nothing to plan for"):
        Evaluator([GoalJoints(0.0, torch.zeros(2))])


def test_nan_costs_count_as_infinite():
    scores = Evaluator([GoalJoints(1.0, torch.tensor([torch.nan, 0.0]))]).evaluate(candidates())
    assert scores.costs.tolist() == [torch.inf]
