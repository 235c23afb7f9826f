"""What the audit of a stream of commands says of motion that is known."""

import numpy as np
import pytest

from wm_core.interpolation import sample
from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.safety import Following
from wm_core.types import MotionState, Trajectory
from wm_ros.stream_audit import StreamAudit


def follow(path, start, since, limits):
    return Following(parameterise(start, path, 0.2, limits), start, since)


def test_motion_that_is_replanned_keeps_inside_and_does_not_jump(limits, home):
    audit, rng = StreamAudit(limits), np.random.default_rng(0)
    state, now, following = MotionState.at_rest(home), 0.0, None
    for _ in range(30):
        path = state.position + np.cumsum(rng.uniform(-0.08, 0.08, (5, 7)), axis=0)
        following = follow(np.clip(path, limits.lower + 0.1, limits.upper - 0.1), state, now, limits)
        audit.command(following)
        now += 0.1
        state = sample(following.trajectory, following.start, 0.1)
    audit.finish()
    seen = audit.extremes
    assert 0.2 < seen.acceleration <= 1.0 and 0.1 < seen.jerk <= 1.0 and 0.05 < seen.velocity <= 1.0
    assert seen.jump < 1e-6


def test_a_jump_between_two_commands_is_measured(limits, home):
    audit = StreamAudit(limits)
    audit.command(follow(home + np.linspace(0.02, 0.1, 5)[:, None], MotionState.at_rest(home), 0.0, limits))
    beside = home.copy()
    beside[3] += 0.25
    audit.command(follow(np.tile(beside, (5, 1)), MotionState.at_rest(beside), 0.1, limits))
    audit.finish()
    assert audit.extremes.jump > 0.2


def test_shares_of_the_limits_are_those_of_what_was_followed(limits, home):
    # One joint, accelerated at twice its limit for the first 0.1 s, then stopped: only the beginning is followed.
    rate = 2.0 * limits.acceleration[0]
    times = np.array([0.1, 0.2])
    position, velocity = np.tile(home, (2, 1)), np.zeros((2, 7))
    acceleration = np.zeros((2, 7))
    position[:, 0] += [0.5 * rate * 0.01, 0.015 * rate]
    velocity[0, 0], acceleration[0, 0] = 0.1 * rate, rate
    start = MotionState(home, np.zeros(7), np.eye(7)[0] * rate)
    audit = StreamAudit(limits)
    audit.command(Following(Trajectory(limits.names, times, position, velocity, acceleration), start, 0.0))
    audit.command(follow(home[None], MotionState.at_rest(home), 0.1, limits))
    assert audit.extremes.acceleration == pytest.approx(2.0)
    assert audit.extremes.velocity == pytest.approx(0.1 * rate / limits.velocity[0])
