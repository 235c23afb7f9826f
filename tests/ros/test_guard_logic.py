"""The guard's decisions, without ROS: what goes out, what is refused, and that silence ends in a hold."""

import numpy as np
import pytest

from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.safety import TrajectoryFilter
from wm_core.types import JointState, MotionState, Trajectory
from wm_ros.guard_logic import Guard, Silence

SILENCE = Silence(proposal=0.35, state=0.3)


@pytest.fixture
def guard(limits, arm):
    return Guard(TrajectoryFilter(limits, arm), arm, SILENCE)


def state(position, stamp):
    return JointState(np.array(position, dtype=float), np.zeros(len(position)), stamp)


@pytest.fixture
def motion(limits, home):
    """0.3 rad of the first joint, from home, within a second."""
    path = home + np.outer(np.linspace(0.06, 0.3, 5), np.eye(len(home))[0])
    return parameterise(MotionState.at_rest(home), path, 0.2, limits)


def test_nothing_passes_before_the_arm_is_seen(guard, motion):
    verdict = guard.propose(motion, 10.0, 10.0, 10.0)
    assert verdict.kind == "rejected" and "no joint state" in verdict.reason
    assert guard.counts.rejected == 1


def test_a_good_proposal_passes_and_is_followed_on_paper(guard, motion, home):
    guard.measure(state(home, 10.0), 10.0)
    verdict = guard.propose(motion, 10.0, 10.0, 10.0)
    assert verdict.kind == "accepted", verdict.reason
    assert guard.moving(10.5) and not guard.moving(12.0)
    assert (guard.counts.accepted, guard.counts.published_outside_limits) == (1, 0)


@pytest.mark.parametrize("value", [np.nan, 9.0])
def test_what_no_arm_can_do_is_refused_with_a_reason(guard, motion, home, value):
    positions = motion.positions.copy()
    positions[3, 2] = value
    bad = Trajectory(motion.names, motion.times, positions, motion.velocities, motion.accelerations)
    guard.measure(state(home, 10.0), 10.0)
    verdict = guard.propose(bad, 10.0, 10.0, 10.0)
    assert (verdict.kind, verdict.trajectory) == ("rejected", None)
    assert verdict.reason and guard.counts.last_reason == verdict.reason


def test_silence_of_the_planner_ends_in_one_hold(guard, motion, home, limits):
    guard.measure(state(home, 10.0), 10.0)
    guard.propose(motion, 10.0, 10.0, 10.0)
    guard.measure(state(home, 10.3), 10.3)
    assert guard.watch(10.3, 10.3) is None  # 0.30 s is less than 0.35 s
    trajectory, reason = guard.watch(10.36, 10.36)
    assert "no acceptable proposal" in reason
    assert trajectory.velocities[-1].tolist() == [0.0] * 7
    assert guard.watch(10.4, 10.4) is None
    assert (guard.counts.holds, guard.counts.published_outside_limits) == (1, 0)


def test_silence_of_the_arm_ends_in_a_hold_and_in_refusals(guard, motion, home):
    guard.measure(state(home, 10.0), 10.0)
    guard.propose(motion, 10.0, 10.0, 10.0)
    assert guard.propose(motion, 10.31, 10.31, 10.31).reason.startswith("joint_states stopped")
    _, reason = guard.watch(10.31, 10.31)
    assert "joint_states stopped" in reason


def test_an_arm_at_rest_needs_no_hold(guard, motion, home):
    guard.measure(state(home, 10.0), 10.0)
    assert guard.watch(99.0, 99.0) is None
    guard.propose(motion, 10.0, 10.0, 10.0)
    assert guard.watch(20.0, 20.0) is None  # the motion of a second is over


def test_a_new_proposal_after_a_hold_takes_over_from_it(guard, motion, home, limits):
    guard.measure(state(home, 10.0), 10.0)
    guard.propose(motion, 10.0, 10.0, 10.0)
    held, _ = guard.watch(10.4, 10.4)
    at = held.positions[-1]  # where the stop has ended by 11.5, somewhere on the way
    guard.measure(state(at, 11.5), 11.5)
    onward = parameterise(MotionState.at_rest(at), at + np.outer(np.arange(1, 6), np.full(7, 0.01)), 0.2, limits)
    assert guard.propose(onward, 11.5, 11.5, 11.5).kind == "accepted"
