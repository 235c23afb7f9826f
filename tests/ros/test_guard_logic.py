"""The guard's decisions, without ROS: what goes out, what is refused, and that silence ends in a hold."""

import numpy as np
import pytest

from wm_core.interpolation import sample
from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.safety import TrajectoryFilter, find_outside
from wm_core.types import JointState, MotionState, Trajectory
from wm_ros.guard_logic import Guard, Silence
from wm_ros.moment import Instant

SILENCE = Silence(proposal=0.35, state=0.3)


@pytest.fixture
def guard(limits, arm):
    return Guard(TrajectoryFilter(limits, arm), arm, SILENCE)


def both(time):
    """A moment that is the same on both clocks."""
    return Instant(time, time)


def propose(guard, trajectory, at):
    verdict = guard.judge(trajectory, at, both(at))
    if verdict.trajectory is not None:
        guard.sent(verdict, both(at))
    return verdict


def hold(guard, at):
    """What the guard sends for want of input, and why."""
    reason = guard.silence(both(at))
    trajectory = None if reason is None else guard.rest(both(at))
    if trajectory is not None:
        guard.held(trajectory, reason, both(at))
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
    guard.measure(state(home, 10.0), both(10.0))
    verdict = propose(guard, motion, 10.0)
    assert verdict.kind == "accepted", verdict.reason
    assert guard.moving(both(10.5)) and not guard.moving(both(12.0))
    assert (guard.counts.accepted, guard.counts.published_outside_limits) == (1, 0)


@pytest.mark.parametrize("value", [np.nan, 9.0])
def test_what_no_arm_can_do_is_refused_with_a_reason(guard, motion, home, value):
    positions = motion.positions.copy()
    positions[3, 2] = value
    bad = Trajectory(motion.names, motion.times, positions, motion.velocities, motion.accelerations)
    guard.measure(state(home, 10.0), both(10.0))
    verdict = propose(guard, bad, 10.0)
    assert (verdict.kind, verdict.trajectory) == ("rejected", None)
    guard.reject(verdict.reason)
    assert verdict.reason and guard.counts.last_reason == verdict.reason and guard.counts.rejected == 1


def test_silence_of_the_planner_ends_in_one_hold(guard, motion, home, limits):
    guard.measure(state(home, 10.0), both(10.0))
    propose(guard, motion, 10.0)
    guard.measure(state(home, 10.3), both(10.3))
    assert hold(guard, 10.3) == (None, None)  # 0.30 s is less than 0.35 s
    trajectory, reason = hold(guard, 10.36)
    assert "no acceptable proposal" in reason
    assert trajectory.velocities[-1].tolist() == [0.0] * 7
    assert hold(guard, 10.4) == (None, None)
    assert (guard.counts.holds, guard.counts.published_outside_limits) == (1, 0)


def test_silence_of_the_arm_ends_in_a_hold_and_in_refusals(guard, motion, home):
    guard.measure(state(home, 10.0), both(10.0))
    propose(guard, motion, 10.0)
    assert propose(guard, motion, 10.31).reason.startswith("joint_states stopped")
    _, reason = hold(guard, 10.31)
    assert "joint_states stopped" in reason


def test_an_arm_at_rest_needs_no_hold(guard, motion, home):
    guard.measure(state(home, 10.0), both(10.0))
    assert hold(guard, 99.0) == (None, None)
    propose(guard, motion, 10.0)
    assert hold(guard, 20.0) == (None, None)  # the motion of a second is over


def test_a_new_proposal_after_a_hold_takes_over_from_it(guard, motion, home, limits):
    guard.measure(state(home, 10.0), both(10.0))
    propose(guard, motion, 10.0)
    held, _ = hold(guard, 10.4)
    at = held.positions[-1]  # where the stop has ended by 11.5, somewhere on the way
    guard.measure(state(at, 11.5), both(11.5))
    onward = parameterise(MotionState.at_rest(at), at + np.outer(np.arange(1, 6), np.full(7, 0.01)), 0.2, limits)
    assert propose(guard, onward, 11.5).kind == "accepted"


@pytest.mark.parametrize("step", [-3.0, -0.5, -0.05, 0.05, 0.15, 2.0])
def test_a_clock_that_is_set_while_the_arm_moves_changes_nothing_of_what_it_is_doing(guard, home, limits, step):
    # The second joint, whose acceleration is limited to 3.75 rad/s^2: from 0.45 rad/s it does not stop within 0.1 s.
    joint = np.eye(7)[1]
    motion = parameterise(MotionState.at_rest(home), home - np.outer(np.linspace(0.08, 0.4, 5), joint), 0.2, limits)
    guard.measure(state(home, 10.0), both(10.0))
    propose(guard, motion, 10.0)
    moving = sample(motion, MotionState.at_rest(home), 0.4)
    assert abs(moving.velocity[1]) > 0.4
    now = Instant(10.4 + step, 10.4)
    guard.measure(JointState(moving.position, moving.velocity, now.stamp), now)
    assert guard.moving(now) and "no acceptable proposal" in guard.silence(now)
    onward = moving.position - 0.02 * np.arange(1, 6)[:, None] * joint
    smooth = parameterise(moving, onward, 0.2, limits)
    stopping = parameterise(MotionState.at_rest(moving.position), moving.position + 0.0 * onward, 0.2, limits)
    assert guard.judge(smooth, now.stamp, now).kind == "accepted"
    verdict = guard.judge(stopping, now.stamp, now)
    assert verdict.kind == "rejected" or not find_outside(verdict.trajectory, moving, limits)


def test_where_time_is_simulated_the_arm_moves_by_that(limits, arm, motion, home):
    guard = Guard(TrajectoryFilter(limits, arm), arm, SILENCE, simulated_time=True)
    guard.measure(state(home, 10.0), both(10.0))
    propose(guard, motion, 10.0)
    paused = Instant(10.4, 99.0)
    assert guard.moving(paused) and not guard.moving(Instant(12.0, 10.4))


def test_an_arm_that_somebody_else_moves_is_told_nothing(guard, motion, home):
    pushed = JointState(home, 0.5 * np.eye(7)[2], 10.0)
    guard.measure(pushed, both(10.0))
    verdict = guard.judge(motion, 10.0, both(10.0))
    assert verdict.kind == "rejected" and "joint 'panda_joint3' moves at 0.50 rad/s, and not by a command" in verdict.reason
