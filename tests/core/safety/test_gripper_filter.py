"""What the guard lets through to the fingers, by hand: 4 cm of way each at 10 cm/s."""

import numpy as np
import pytest

from wm_core.gripper import Gripper
from wm_core.safety import GripperFilter, Rejected, split_fingers
from wm_core.types import JointState, Trajectory

NOW = 10.0


@pytest.fixture
def gripper(robot):
    return Gripper(robot.gripper)


@pytest.fixture
def judge(gripper):
    return GripperFilter(gripper)


def fingers(position, stamp=NOW):
    return JointState(np.full(2, position), np.zeros(2), stamp)


def proposal(gripper, positions, times=(0.2, 0.4)):
    path = np.repeat(np.asarray(positions, dtype=float)[:, None], 2, axis=1)
    return Trajectory(gripper.names, np.array(times), path, np.zeros_like(path), np.zeros_like(path))


def test_closing_from_open_at_full_speed_passes_and_is_linear(judge, gripper):
    told = judge.check(proposal(gripper, [0.02, 0.0]), NOW, NOW, fingers(0.04))
    assert told.positions[:, 0].tolist() == [0.02, 0.0]
    assert (told.velocities, told.accelerations) == (None, None)


def test_points_that_are_past_are_left_out_and_the_rest_keeps_its_place_in_time(judge, gripper):
    told = judge.check(proposal(gripper, [0.03, 0.02], (0.05, 0.15)), NOW - 0.1, NOW, fingers(0.025))
    assert told.times.tolist() == pytest.approx([0.05]) and told.positions[0, 0] == 0.02


# From 4 cm at 10 cm/s, with 6 mm of slack (15 % of the way): 3.4 cm is reached at once, 2.9 cm within 50 ms, 2.8 cm is not.
@pytest.mark.parametrize(
    ("positions", "times", "text"),
    [
        ([0.05, 0.0], (0.2, 0.8), "outside"),
        ([-0.001, 0.0], (0.5, 0.6), "outside"),
        ([np.nan, 0.0], (0.2, 0.4), "not finite"),
        ([0.028, 0.028], (0.05, 0.4), "faster than 0.1"),
        ([0.03, 0.0], (0.2, 0.4), "faster than 0.1"),
        ([0.03, 0.03], (0.4, 0.2), "times do not increase"),
        ([0.03, 0.03], (0.4, 1.6), "lasts until 1.6"),
    ],
)
def test_what_no_finger_may_do_is_refused(judge, gripper, positions, times, text):
    with pytest.raises(Rejected, match=text):
        judge.check(proposal(gripper, positions, times), NOW, NOW, fingers(0.04))


def test_what_is_just_within_reach_passes(judge, gripper):
    judge.check(proposal(gripper, [0.0291, 0.0291], (0.05, 0.4)), NOW, NOW, fingers(0.04))


def test_fingers_that_are_not_seen_are_not_moved(judge, gripper):
    wanted = proposal(gripper, [0.02, 0.0])
    with pytest.raises(Rejected, match="not in joint_states"):
        judge.check(wanted, NOW, NOW, None)
    with pytest.raises(Rejected, match="joint state is 0.300 s old"):
        judge.check(wanted, NOW, NOW, fingers(0.04, NOW - 0.3))
    with pytest.raises(Rejected, match="proposal is 0.300 s old"):
        judge.check(wanted, NOW - 0.3, NOW, fingers(0.04))


def test_a_missing_finger_is_named(judge, gripper):
    wanted = proposal(gripper, [0.02, 0.0])
    half = Trajectory(wanted.names[:1], wanted.times, *(part[:, :1] for part in (wanted.positions, wanted.velocities, wanted.accelerations)))
    with pytest.raises(Rejected, match="missing joints .*panda_finger_joint2"):
        judge.check(half, NOW, NOW, fingers(0.04))


def test_fingers_are_split_off_by_name_wherever_they_stand(gripper):
    names = ("panda_finger_joint2", "a", "panda_finger_joint1")
    mixed = Trajectory(names, np.array([0.1]), np.array([[2.0, 7.0, 1.0]]))
    arm, hand = split_fingers(mixed, gripper.names)
    assert (arm.names, arm.positions.tolist()) == (("a",), [[7.0]])
    assert (hand.names, hand.positions.tolist()) == (("panda_finger_joint2", "panda_finger_joint1"), [[2.0, 1.0]])
    assert split_fingers(arm, gripper.names)[1] is None
