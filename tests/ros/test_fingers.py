"""A command of the gripper travels with the arm's proposals until the fingers have been told it."""

import numpy as np
import pytest

from wm_core.gripper import Gripper
from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.safety import GripperFilter, TrajectoryFilter, split_fingers
from wm_core.types import JointState, MotionState
from wm_ros.fingers import Fingers
from wm_ros.guard_logic import Guard, Silence
from wm_ros.moment import Instant

NOW = Instant(10.0, 10.0)


@pytest.fixture
def gripper(robot):
    return Gripper(robot.gripper)


@pytest.fixture
def motion(limits, home):
    path = home + np.outer(np.linspace(0.06, 0.3, 5), np.eye(7)[0])
    return parameterise(MotionState.at_rest(home), path, 0.2, limits)


@pytest.fixture
def guard(limits, arm, gripper):
    return Guard(TrajectoryFilter(limits, arm), arm, Silence(0.35, 0.3), GripperFilter(gripper))


def at(position, stamp=10.0):
    return JointState(np.array(position, dtype=float), np.zeros(len(position)), stamp)


def closing(gripper, motion, opening=0.04):
    fingers = Fingers(gripper)
    fingers.want(-1)
    return fingers.join(motion, at([opening] * 2), None)


def test_a_command_stays_until_it_was_told_and_zero_changes_nothing(gripper, motion):
    fingers, open_ = Fingers(gripper), at([0.04, 0.04])
    fingers.want(0)
    assert fingers.join(motion, open_, None) is motion
    fingers.want(-1)
    fingers.want(0)
    joined = fingers.join(motion, open_, None)
    assert joined.names == motion.names + gripper.names
    # 10 cm/s from 4 cm: 3.5 cm after 50 ms, shut after 0.4 s.
    assert joined.positions[0, 7:] == pytest.approx([0.035, 0.035])
    assert joined.positions[-1, 7:].tolist() == [0.0, 0.0] and joined.velocities[-1].tolist() == [0.0] * 9
    assert fingers.join(motion, open_, np.zeros(2)) is motion
    fingers.want(1)
    assert fingers.join(motion, at([0.0, 0.0]), np.zeros(2)).positions[-1, 7:] == pytest.approx([0.04, 0.04])


def test_the_guard_sends_both_parts_each_to_its_own(guard, gripper, motion, home):
    guard.measure(at(home), NOW, at([0.04, 0.04]))
    verdict = guard.judge(closing(gripper, motion), 10.0, NOW)
    assert verdict.kind == "accepted", verdict.reason
    assert (verdict.trajectory.names, verdict.fingers.names) == (motion.names, gripper.names)
    guard.sent(verdict, NOW)
    assert guard.counts.published_outside_limits == 0


def test_fingers_are_told_nothing_without_the_arm(guard, gripper, motion, home):
    guard.measure(at(home), NOW, at([0.04, 0.04]))
    both = closing(gripper, motion)
    both.positions[3, 2] = np.nan
    verdict = guard.judge(both, 10.0, NOW)
    assert (verdict.kind, verdict.fingers) == ("rejected", None)
    _, alone = split_fingers(closing(gripper, motion), gripper.names)
    assert "missing joints" in guard.judge(alone, 10.0, NOW).reason


def test_a_bad_wish_for_the_fingers_holds_the_arm_too_and_is_named(guard, gripper, motion, home):
    guard.measure(at(home), NOW, at([0.04, 0.04]))
    both = closing(gripper, motion)
    both.positions[-1, 8] = 0.2
    verdict = guard.judge(both, 10.0, NOW)
    assert (verdict.kind, verdict.trajectory) == ("rejected", None)
    assert "finger 'panda_finger_joint2' at 0.2000 is outside" in verdict.reason
    guard.measure(at(home), NOW, None)
    assert "not in joint_states" in guard.judge(closing(gripper, motion), 10.0, NOW).reason


def test_a_guard_of_an_arm_without_gripper_knows_no_fingers(limits, arm, gripper, motion, home):
    guard = Guard(TrajectoryFilter(limits, arm), arm, Silence(0.35, 0.3))
    guard.measure(at(home), NOW)
    assert "unknown joints" in guard.judge(closing(gripper, motion), 10.0, NOW).reason
