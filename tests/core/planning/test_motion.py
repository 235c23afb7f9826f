"""Sampled actions become motion that the arm can make, and say truly what it is."""

import numpy as np
import pytest
import torch

from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.bounds import LIMIT_MARGIN, SPEED_SHARE
from wm_core.planning.joint_motion import JointMotion
from wm_core.planning.tool_motion import ToolMotion
from wm_core.types import Goal, Pose

MAX_STEP, STEP = 0.05, 0.2


@pytest.fixture(scope="module")
def kinematics(arm):
    return BatchedKinematics(arm.chain())


@pytest.fixture
def tool_motion(kinematics, limits, robot):
    return ToolMotion(kinematics, limits, np.array(robot.home), np.array(robot.tool_orientation), MAX_STEP, STEP)


def tensor(values):
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)


def test_a_straight_line_is_followed(tool_motion, arm, home):
    # Five steps of half the largest along y: 2.5 cm each, 12.5 cm in all.
    candidates = tool_motion.candidates(tensor([[[0, 0.5, 0]] * 5]), tensor(home))
    start = arm.forward(home).position
    assert candidates.displacements[0, :, 1].numpy() == pytest.approx([0.025] * 5, abs=1e-3)
    end = arm.forward(candidates.joint_path[0, -1].numpy().astype(float))
    # Each step is linearised where it begins, so the line bends by a millimetre a step.
    assert end.position == pytest.approx(start + [0, 0.125, 0], abs=5e-3)
    assert candidates.tool_position[0, -1].numpy() == pytest.approx(end.position, abs=1e-4)
    assert abs(end.orientation @ [1, 0, 0, 0]) == pytest.approx(1.0, abs=1e-3)  # the fingers still point down


def test_displacements_are_those_of_the_joint_path(tool_motion, arm, home):
    random = torch.Generator().manual_seed(0)
    candidates = tool_motion.candidates(torch.randn(20, 5, 3, generator=random) * 2, tensor(home))
    path = candidates.joint_path.numpy().astype(float)
    for row in range(20):
        tool = np.stack([arm.forward(joints).position for joints in [home, *path[row]]])
        assert candidates.displacements[row].numpy() == pytest.approx(np.diff(tool, axis=0), abs=1e-5)


def test_no_step_is_longer_than_allowed(tool_motion, home):
    # (9, 12, 0) has length 15: it becomes (0.6, 0.8, 0) * 5 cm, but for the linearisation
    candidates = tool_motion.candidates(tensor([[[9.0, 12.0, 0.0]]]), tensor(home))
    assert candidates.displacements[0, 0].numpy() == pytest.approx([0.03, 0.04, 0.0], abs=4e-3)


def test_limits_hold_everywhere(tool_motion, kinematics, limits):
    random = torch.Generator().manual_seed(0)
    joint_motion = JointMotion(kinematics, limits, STEP)
    numbers = np.random.default_rng(0)
    for motion in (tool_motion, joint_motion):
        for _ in range(10):
            start = tensor(numbers.uniform(limits.lower + 0.02, limits.upper - 0.02))
            actions = 3 * torch.randn(50, 5, motion.dimension, generator=random)
            path = motion.candidates(actions, start).joint_path.numpy()
            assert np.all(path >= limits.lower + LIMIT_MARGIN - 1e-5)
            assert np.all(path <= limits.upper - LIMIT_MARGIN + 1e-5)
            changes = np.diff(path, axis=1, prepend=np.broadcast_to(start.numpy(), (50, 1, 7)))
            assert np.all(np.abs(changes) <= SPEED_SHARE * limits.velocity * STEP + 1e-5)


def test_the_tool_stays_in_the_workspace(tool_motion, limits, home):
    down = tool_motion.candidates(tensor([[[0, 0, -1.0]] * 10]), tensor(home))  # 50 cm down from z 0.23 m
    assert down.tool_position[0, :, 2].min() > limits.workspace_lower[2]
    assert down.tool_position[0, -1, 2] == pytest.approx(limits.workspace_lower[2] + LIMIT_MARGIN, abs=3e-3)


def test_the_orientation_is_servoed_at_a_bounded_rate(kinematics, limits, robot, home):
    turned = np.array([np.cos(0.5), np.sin(0.5), 0.0, 0.0])  # the nominal orientation, 1 rad further about z
    motion = ToolMotion(kinematics, limits, np.array(robot.home), turned, MAX_STEP, STEP)
    candidates = motion.candidates(torch.zeros(1, 6, 3), tensor(home))
    start = kinematics.forward(tensor(home))[1]
    rotations = torch.cat([start[None], candidates.tool_rotation[0]])
    between = rotations[:-1].mT @ rotations[1:]
    angles = torch.arccos(((between.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2).clamp(-1, 1)).numpy()
    # 0.3 a step: three full steps and a rest of 0.1 rad
    assert angles == pytest.approx([0.3, 0.3, 0.3, 0.1, 0.0, 0.0], abs=0.03)
    assert candidates.displacements.abs().max() < 5e-3


def test_straight_tool_motion_arrives_and_stops(tool_motion, arm, home):
    # 12 cm away in steps of 5 cm: 1, 1, 0.4, 0
    start = arm.forward(home).position
    goal = Goal(pose=Pose(start + [0.0, 0.12, 0.0]))
    actions = tool_motion.straight(tensor(home), goal, 4)
    assert actions[:, 1].numpy() == pytest.approx([1.0, 1.0, 0.4, 0.0], abs=1e-4)
    assert actions[:, [0, 2]].abs().max() < 1e-4
    assert tool_motion.straight(tensor(home), Goal(joints=home), 4) is None


def test_straight_joint_motion_is_straight(kinematics, limits, home):
    # Joint 1 needs 1.5 of its largest step (0.8 * 1.5 rad/s * 0.2 s = 0.24 rad): 0.36 rad; joint 2 half of that.
    motion = JointMotion(kinematics, limits, STEP)
    goal = home + [0.36, 0.18, 0, 0, 0, 0, 0]
    actions = motion.straight(tensor(home), Goal(joints=goal), 3)
    assert actions[:, 0].numpy() == pytest.approx([1.0, 0.5, 0.0], abs=1e-5)
    assert actions[:, 1].numpy() == pytest.approx([0.5, 0.25, 0.0], abs=1e-5)
    candidates = motion.candidates(actions[None], tensor(home))
    assert candidates.joint_path[0, -1].numpy() == pytest.approx(goal, abs=1e-5)


def test_at_the_goal_straight_is_still(tool_motion, arm, home):
    goal = Goal(pose=Pose(arm.forward(home).position))
    assert tool_motion.straight(tensor(home), goal, 3).abs().max() < 1e-5
