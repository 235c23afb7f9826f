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


def propose(guard, trajectory, at):
    verdict = guard.judge(trajectory, at, at, at)
    if verdict.trajectory is not None:
        guard.sent(verdict, at, at)
    return verdict


def hold(guard, at):
    """What the guard sends for want of input, and why."""
    reason = guard.silence(at, at)
    trajectory = None if reason is None else guard.rest(at)
    if trajectory is not None:
        guard.held(trajectory, reason, at)
    return trajectory, reason


def state(position, stamp):
    return JointState(np.array(position, dtype=float), np.zeros(len(position)), stamp)


@pytest.fixture
def motion(limits, home):
    """0.3 rad of the first joint, from home, within a second."""
    path = home + np.outer(np.linspace(0.06, 0.3, 5), np.eye(len(home))[0])
    return parameterise(MotionState.at_rest(home), path, 0.2, limits)


def test_nothing_passes_before_the_arm_is_seen(guard, motion):
    verdict = propose(guard, motion, 10.0)
    assert verdict.kind == "rejected" and "no joint state" in verdict.reason


def test_a_good_proposal_passes_and_is_followed_on_paper(guard, motion, home):
    guard.measure(state(home, 10.0), 10.0)
    verdict = propose(guard, motion, 10.0)
    assert verdict.kind == "accepted", verdict.reason
    assert guard.moving(10.5) and not guard.moving(12.0)
    assert (guard.counts.accepted, guard.counts.published_outside_limits) == (1, 0)


@pytest.mark.parametrize("value", [np.nan, 9.0])
def test_what_no_arm_can_do_is_refused_with_a_reason(guard, motion, home, value):
    positions = motion.positions.copy()
    positions[3, 2] = value
    bad = Trajectory(motion.names, motion.times, positions, motion.velocities, motion.accelerations)
    guard.measure(state(home, 10.0), 10.0)
    verdict = propose(guard, bad, 10.0)
    assert (verdict.kind, verdict.trajectory) == ("rejected", None)
    guard.reject(verdict.reason)
    assert verdict.reason and guard.counts.last_reason == verdict.reason and guard.counts.rejected == 1


def test_silence_of_the_planner_ends_in_one_hold(guard, motion, home, limits):
    guard.measure(state(home, 10.0), 10.0)
    propose(guard, motion, 10.0)
    guard.measure(state(home, 10.3), 10.3)
    assert hold(guard, 10.3) == (None, None)  # 0.30 s is less than 0.35 s
    trajectory, reason = hold(guard, 10.36)
    assert "no acceptable proposal" in reason
    assert trajectory.velocities[-1].tolist() == [0.0] * 7
    assert hold(guard, 10.4) == (None, None)
    assert (guard.counts.holds, guard.counts.published_outside_limits) == (1, 0)


def test_silence_of_the_arm_ends_in_a_hold_and_in_refusals(guard, motion, home):
    guard.measure(state(home, 10.0), 10.0)
    propose(guard, motion, 10.0)
    assert propose(guard, motion, 10.31).reason.startswith("joint_states stopped")
    _, reason = hold(guard, 10.31)
    assert "joint_states stopped" in reason


def test_an_arm_at_rest_needs_no_hold(guard, motion, home):
    guard.measure(state(home, 10.0), 10.0)
    assert hold(guard, 99.0) == (None, None)
    propose(guard, motion, 10.0)
    assert hold(guard, 20.0) == (None, None)  # the motion of a second is over


def test_a_new_proposal_after_a_hold_takes_over_from_it(guard, motion, home, limits):
    guard.measure(state(home, 10.0), 10.0)
    propose(guard, motion, 10.0)
    held, _ = hold(guard, 10.4)
    at = held.positions[-1]  # where the stop has ended by 11.5, somewhere on the way
    guard.measure(state(at, 11.5), 11.5)
    onward = parameterise(MotionState.at_rest(at), at + np.outer(np.arange(1, 6), np.full(7, 0.01)), 0.2, limits)
    assert propose(guard, onward, 11.5).kind == "accepted"
