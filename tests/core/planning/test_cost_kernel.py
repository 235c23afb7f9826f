"""The kernel of costs, compiled for the CPU: it finds what the terms find."""

from dataclasses import replace

import pytest
import torch

from wm_core.config import WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.planning.evaluator import Evaluator
from wm_core.planning.objectives import (
    Effort,
    GoalJoints,
    GoalLatent,
    GoalPose,
    GripperEffort,
    JointLimits,
    Smoothness,
    Workspace,
)
from wm_core.protocols import Candidates
from wm_core.types import Focus

SAMPLES, HORIZON, JOINTS, VISUAL = 37, 6, 7, 40  # more numbers of a latent than a warp has threads
OBJECTS = dict(action_dim=4, gripper=True, objects=True, touch=True)


def made(**changes):
    torch.manual_seed(0)
    return JepaWorldModel(WorldModelConfig(image_size=32, visual_dim=VISUAL, joint_dim=8, channels=(4, 8), hidden=32, **changes)).eval()


@pytest.fixture
def candidates(draw):
    path, tool, turned = 0.5 * draw(SAMPLES, HORIZON, JOINTS), draw(SAMPLES, HORIZON, 3), draw(SAMPLES, HORIZON, 3, 3)
    actions, start = draw(SAMPLES, HORIZON, 4), 0.5 * draw(JOINTS)
    gripper = torch.randint(-1, 2, (SAMPLES, HORIZON), generator=torch.Generator().manual_seed(2)).float()
    return Candidates(actions, path, 0.03 * actions[..., :3], tool, turned, start, gripper=gripper)


def path_terms(draw):
    largest, lower, upper, high = 0.1 + draw(JOINTS).abs(), -0.4 - draw(JOINTS).abs(), draw(JOINTS).abs() + 0.4, draw(3).abs()
    return [Effort(0.01, largest), Smoothness(0.02, largest), JointLimits(0.1, lower, upper), Workspace(100.0, -high, high)]


def same(objectives, model, candidates, latent, launch):
    with torch.inference_mode():
        expected = Evaluator(objectives, model).evaluate(candidates, latent)
        found = Evaluator(objectives, model, launch).evaluate(candidates, latent)
    assert found.names == expected.names
    torch.testing.assert_close(found.shares, expected.shares, rtol=2e-5, atol=1e-6)
    torch.testing.assert_close(found.costs, expected.costs, rtol=2e-5, atol=1e-6)
    return found


@pytest.mark.parametrize("changes, focus", [({}, Focus.SCENE), (OBJECTS, Focus.SCENE), (OBJECTS, Focus.OBJECT)])
def test_it_finds_what_the_terms_find(cost_launch_on_cpu, candidates, draw, changes, focus):
    model = made(**changes)
    aim = GoalLatent(1.5, model, draw(VISUAL), focus, near_enough=0.02)
    gripper = [GripperEffort(0.002)] if changes else []
    candidates = candidates if changes else replace(candidates, gripper=None)
    found = same([*path_terms(draw), aim, *gripper], model, candidates, draw(2, VISUAL + 8), cost_launch_on_cpu)
    assert all(float(share.std()) > 0.0 for share in found.shares), "every term tells candidates apart"


def test_poses_with_and_without_an_orientation(cost_launch_on_cpu, candidates, draw):
    for rotation in (None, draw(3, 3)):
        same([*path_terms(draw), GoalPose(10.0, draw(3), rotation)], None, candidates, None, cost_launch_on_cpu)


def test_terms_that_it_does_not_know_are_added(cost_launch_on_cpu, candidates, draw):
    effort, *others = path_terms(draw)
    same([GoalJoints(2.0, draw(JOINTS)), *others, GoalJoints(1.0, draw(JOINTS)), effort], None, candidates, None, cost_launch_on_cpu)
    found = same([GoalJoints(2.0, draw(JOINTS))], None, candidates, None, cost_launch_on_cpu)  # it knows none of them
    assert float(found.costs.std()) > 0.0
    model = made(distance="both")  # no longer lengths in a linear map
    same([effort, GoalLatent(1.0, model, draw(VISUAL))], model, replace(candidates, gripper=None), draw(2, VISUAL + 8), cost_launch_on_cpu)


def test_what_lies_apart_in_memory_is_read_as_it_is(cost_launch_on_cpu, candidates, draw):
    frames = draw(SAMPLES, HORIZON, 4, 4)  # as kinematics of tensors leave them, those of joint motion always
    candidates = replace(candidates, tool_position=frames[..., :3, 3], tool_rotation=frames[..., :3, :3])
    same([*path_terms(draw), GoalPose(10.0, draw(3, 2)[:, 0], draw(3, 3).T)], None, candidates, None, cost_launch_on_cpu)


@pytest.mark.parametrize("part", ["joint_path", "tool_position", "tool_rotation"])
def test_what_is_no_number_is_never_the_best(cost_launch_on_cpu, candidates, draw, part):
    getattr(candidates, part)[3, 2] = torch.nan
    terms = [*path_terms(draw), GoalPose(10.0, draw(3), draw(3, 3))]
    costs = Evaluator(terms, None, cost_launch_on_cpu).evaluate(candidates).costs
    assert costs[3] == torch.inf and torch.isfinite(costs).sum() == SAMPLES - 1


def test_a_gradient_is_left_to_tensors(cost_launch_on_cpu, candidates, draw):
    wanted = candidates.joint_path.requires_grad_()
    Evaluator(path_terms(draw), None, cost_launch_on_cpu).evaluate(candidates).costs.sum().backward()
    assert float(wanted.grad.abs().sum()) > 0.0
