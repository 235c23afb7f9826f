"""The torch kinematics say what Pinocchio says."""

import numpy as np
import pytest
import torch
from transforms3d.axangles import axangle2mat, mat2axangle

from wm_core.kinematics.urdf_arm import JointChain
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.rotation import Turning, limit_norm, rotation_distance, rotation_matrix


@pytest.fixture(scope="module")
def batched(arm):
    return BatchedKinematics(arm.chain())


def test_agrees_with_pinocchio(arm, batched):
    joints = np.random.default_rng(0).uniform(arm.lower, arm.upper, (50, 7))
    tool = batched.tool(torch.tensor(joints, dtype=torch.float32))
    for row, position in enumerate(joints):
        pose = arm.forward(position)
        assert tool.position[row].numpy() == pytest.approx(pose.position, abs=1e-5)
        assert tool.rotation[row].numpy() == pytest.approx(rotation_matrix(pose.orientation), abs=1e-5)
        assert tool.jacobian[row].numpy() == pytest.approx(arm.jacobian(position), abs=1e-5)


def test_forward_keeps_leading_axes(batched):
    position, rotation = batched.forward(torch.zeros(4, 3, 7))
    assert position.shape == (4, 3, 3) and rotation.shape == (4, 3, 3, 3)
    assert position[2, 1].numpy() == pytest.approx([0.088, 0.0, 0.821], abs=1e-5)  # see test_urdf_arm


def test_rotation_matrix_of_a_quarter_turn_about_z():
    # (0, 0, sin 45, cos 45): x goes to y, y to -x
    half = np.sqrt(0.5)
    assert rotation_matrix(np.array([0, 0, half, half])) == pytest.approx(np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]))


def test_what_is_left_to_turn_and_distance():
    turned = torch.tensor(rotation_matrix(np.array([0, 0, np.sin(0.5), np.cos(0.5)])))  # 1 rad about z
    left = Turning(turned).left(torch.eye(4, dtype=torch.float64)[None])
    assert left[0].numpy() == pytest.approx([0, 0, 1.0])
    assert Turning(turned).left(torch.eye(4, dtype=torch.float64)[None], 0.3)[0].numpy() == pytest.approx([0, 0, 0.3])
    assert float(rotation_distance(torch.eye(3), turned.float())) == pytest.approx(2 * np.sin(0.5), abs=1e-6)


def test_what_is_left_to_turn_is_that_of_the_two_rotations(arm, batched):
    joints = np.random.default_rng(1).uniform(arm.lower, arm.upper, (50, 7))
    target = rotation_matrix(np.array([0.9, 0.1, 0.3, 0.2]))
    left = Turning(batched.tensor(target)).left(batched.tool(batched.tensor(joints)).frame).numpy()
    for found, position in zip(left, joints):
        there = target @ rotation_matrix(arm.forward(position).orientation).T
        axis, angle = mat2axangle(there)
        assert found == pytest.approx(axis * angle, abs=2e-3)  # float32 loses digits where it is nearly half a turn


def test_limit_norm_keeps_direction_and_short_vectors():
    vectors = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    expected = [[0.6, 0.8], [0.3, 0.4], [0.0, 0.0]]  # 3-4-5 shrinks to length 1, the others are shorter
    assert limit_norm(vectors, 1.0).numpy() == pytest.approx(np.array(expected))


def test_joints_may_turn_about_any_axis():
    numbers = np.random.default_rng(2)
    axes = np.array([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -1.0], [0.6, 0, 0.8]])
    placements = []
    for _ in range(len(axes) + 1):
        placed = np.eye(4)
        placed[:3, :3], placed[:3, 3] = axangle2mat(numbers.normal(size=3), numbers.uniform(-2, 2)), numbers.normal(size=3)
        placements.append(placed)
    chain = BatchedKinematics(JointChain(np.stack(placements), axes))
    joints, carried = numbers.uniform(-2.0, 2.0, len(axes)), numbers.normal(size=(2, 3))
    frames, columns = [np.eye(4)], []
    for placement, axis, angle in zip(placements, axes, joints):
        turn = np.eye(4)
        turn[:3, :3] = axangle2mat(axis, angle)
        frames.append(frames[-1] @ placement @ turn)
    wanted = frames[-1] @ placements[-1]
    for frame, axis in zip(frames[1:], axes):
        about = frame[:3, :3] @ axis
        columns.append(np.concatenate([np.cross(about, wanted[:3, 3] - frame[:3, 3]), about]))
    tool = chain.tool(chain.tensor(joints[None]))
    assert tool.frame[0].numpy() == pytest.approx(wanted, abs=1e-5)
    assert tool.jacobian[0].numpy() == pytest.approx(np.stack(columns, 1), abs=1e-5)
    points = chain.points(chain.tensor(joints), [chain.tensor(np.zeros((0, 3)))] * 3 + [chain.tensor(carried)])
    assert points.numpy() == pytest.approx(carried @ frames[-1][:3, :3].T + frames[-1][:3, 3], abs=1e-5)
