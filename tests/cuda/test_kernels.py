"""The kernels on a GPU compute what tensors on the CPU do."""

import numpy as np
import pytest
import torch

from wm_core.backends.choose import make_rollout
from wm_core.backends.verify import measure_agreement
from wm_core.model.checkpoint import load_world_model
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.cost_kernel import cost_launch
from wm_core.planning.evaluator import Evaluator
from wm_core.planning.objectives import Effort, GoalLatent, GoalPose, JointLimits, Smoothness, Workspace
from wm_core.planning.tool_motion import ToolMotion
from wm_core.resources import find_model
from wm_core.types import Focus

GPU, SAMPLES, HORIZON, STEP = torch.device("cuda", 0), 500, 8, 0.2


@pytest.mark.parametrize("name", ["panda_table", "panda_tabletop"])
def test_rollouts_are_those_of_the_model(name):
    model = load_world_model(find_model(name), GPU)
    agreement = measure_agreement(model, make_rollout(model, "fused-cuda"), HORIZON)
    assert max(agreement.error, agreement.regret) <= 0.02  # of a longest step; with factors of 11 bits on the CPU the same holds


def test_a_rollout_of_one_and_one_of_many_are_alike():
    model = load_world_model(find_model("panda_table"), GPU)
    rollout, latent = make_rollout(model, "fused-cuda"), torch.randn(2, 128, device=GPU)
    actions = 0.03 * torch.randn(1, HORIZON, 4, device=GPU)
    many = rollout.rollout(latent, actions.expand(SAMPLES, -1, -1))
    assert torch.equal(many, many[:1].expand_as(many)) and torch.equal(many[:1], rollout.rollout(latent, actions))


def test_tool_motion_keeps_every_limit_and_is_that_of_tensors(arm, robot, limits):
    here, there = (
        ToolMotion(BatchedKinematics(arm.chain(), device), limits, np.array(robot.home), np.array(robot.tool_orientation), 0.05, STEP)
        for device in ("cpu", GPU)
    )
    assert there.waits is False
    generator, home = torch.Generator().manual_seed(0), torch.tensor(robot.home, dtype=torch.float32)
    actions, start = 2.0 * torch.randn(SAMPLES, HORIZON, 3, generator=generator), home + 0.1 * torch.randn(SAMPLES, 7, generator=generator)
    expected, found = here.candidates(actions, start), there.candidates(actions.to(GPU), start.to(GPU))
    path = found.joint_path.cpu().double().numpy()
    speed = np.diff(path, axis=1, prepend=start[:, None].numpy()) / STEP
    change = np.diff(speed, axis=1, prepend=0.0 * speed[:, :1]) / STEP
    # float32 of about 3 rad is exact to 2e-7: 1e-6 rad/s of a speed, 1e-5 rad/s^2 of an acceleration
    assert ((path >= limits.lower) & (path <= limits.upper)).all()
    assert (np.abs(speed) <= limits.velocity + 1e-6).all() and (np.abs(change) <= limits.acceleration + 1e-5).all()
    apart = (found.tool_position.cpu() - expected.tool_position).norm(dim=-1).amax(-1)
    assert float(torch.quantile(apart, 0.9)) < 1e-4  # the others go on carefully, the kernel from their own first broken step


@pytest.mark.parametrize("focus", list(Focus))
def test_costs_are_those_of_tensors(arm, robot, limits, focus):
    model = load_world_model(find_model("panda_table"), GPU)
    motion = ToolMotion(BatchedKinematics(arm.chain(), GPU), limits, np.array(robot.home), np.array(robot.tool_orientation), 0.05, STEP)
    candidates = motion.candidates(torch.randn(SAMPLES, HORIZON, 3, device=GPU), torch.tensor(robot.home, device=GPU).float())
    object.__setattr__(candidates, "gripper", torch.zeros(SAMPLES, HORIZON, device=GPU))
    tensor = motion._kinematics.tensor
    largest = tensor(limits.velocity * STEP)
    terms = [
        Effort(0.01, largest),
        Smoothness(0.01, largest),
        JointLimits(0.1, tensor(limits.lower), tensor(limits.upper)),
        Workspace(100.0, tensor(limits.workspace_lower), tensor(limits.workspace_upper)),
        GoalPose(10.0, tensor([0.5, 0.1, 0.2])),
        GoalLatent(1.0, model, torch.randn(96, device=GPU), focus, 0.015),
    ]
    latent = torch.randn(2, 128, device=GPU)
    with torch.inference_mode():
        expected = Evaluator(terms, model).evaluate(candidates, latent)
        found = Evaluator(terms, model, cost_launch(GPU, 7)).evaluate(candidates, latent)
    torch.testing.assert_close(found.shares, expected.shares, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.costs, expected.costs, rtol=1e-4, atol=1e-5)
