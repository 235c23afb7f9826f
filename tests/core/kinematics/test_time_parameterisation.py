"""Trajectories keep every limit between their points too, leave from the moving state and end at rest."""

import numpy as np
import pytest

from wm_core.interpolation import sample, sample_densely
from wm_core.kinematics.time_parameterisation import parameterise, stop
from wm_core.safety import find_outside
from wm_core.types import MotionState


def largest_share(trajectory, start, limits):
    motion = sample_densely(trajectory, start, 51)
    assert np.all(motion.position >= np.minimum(limits.lower, start.position) - 1e-9)
    assert np.all(motion.position <= np.maximum(limits.upper, start.position) + 1e-9)
    names = ("velocity", "acceleration", "jerk")
    return max((np.abs(getattr(motion, name)) / getattr(limits, name)).max() for name in names)


def test_a_slow_straight_path(limits, home):
    # 0.04 rad a step of 0.2 s is 0.2 rad/s; five steps end 0.2 rad away, at rest, after 1 s.
    path = home + 0.04 * np.arange(1, 6)[:, None] * np.eye(7)[0]
    trajectory = parameterise(MotionState.at_rest(home), path, 0.2, limits)
    assert trajectory.times == pytest.approx(np.arange(1, 21) * 0.05)
    assert trajectory.names == limits.names
    assert trajectory.positions[-1] == pytest.approx(path[-1], abs=2e-3)
    assert np.all(trajectory.velocities[-1] == 0.0) and np.all(trajectory.accelerations[-1] == 0.0)
    # Half-way in time it is half-way along, to within the lag of starting from rest (0.2 rad/s for 0.1 s).
    assert trajectory.positions[9, 0] - home[0] == pytest.approx(0.1, abs=0.02)
    assert np.abs(trajectory.positions[:, 1:] - home[1:]).max() < 1e-9


def test_a_short_path_settles_after_its_end(limits, home):
    trajectory = parameterise(MotionState.at_rest(home), home[None] + 0.01, 0.2, limits)
    assert trajectory.times[-1] == pytest.approx(0.4)  # 0.2 s of path and 0.2 s to settle
    assert trajectory.positions[-1] == pytest.approx(home + 0.01, abs=1e-3)


def test_only_the_horizon_is_used(limits, home):
    path = home + 0.02 * np.arange(1, 13)[:, None]
    assert parameterise(MotionState.at_rest(home), path, 0.2, limits).times[-1] == pytest.approx(1.0)


def test_limits_hold_from_any_state_on_any_path(limits):
    random = np.random.default_rng(1)
    worst = 0.0
    for case in range(300):
        if case % 20 == 0:
            state = MotionState.at_rest(random.uniform(limits.lower + 0.05, limits.upper - 0.05))
        # up to 80 % of the velocity limit, turning at every step in half of the cases
        steps = random.uniform(-1, 1, (5 if case % 2 else 1, 7)) * 0.8 * 0.2 * limits.velocity * random.uniform()
        path = state.position + np.cumsum(np.broadcast_to(steps, (5, 7)), axis=0)
        path = np.clip(path, limits.lower + 0.01, limits.upper - 0.01)
        trajectory = parameterise(state, path, 0.2, limits)
        worst = max(worst, largest_share(trajectory, state, limits))
        assert len(find_outside(trajectory, state, limits)) == 0
        state = sample(trajectory, state, 0.1)
    assert worst <= 0.99


def test_stopping(limits, home):
    # At 1 rad/s in joint 1 (limit 7.5 rad/s^2) no stop can be shorter than 1 / 7.5 = 0.13 s; a smooth one peaks at 1.5
    # times the mean deceleration, so 0.2 s are needed, and it travels about 1 rad/s * 0.2 s / 2 = 0.1 rad.
    moving = MotionState(home, np.eye(7)[0], np.zeros(7))
    trajectory = stop(moving, limits)
    assert trajectory.times[-1] == pytest.approx(0.25, abs=0.051)
    assert trajectory.positions[-1, 0] - home[0] == pytest.approx(0.1, abs=0.03)
    assert np.all(trajectory.velocities[-1] == 0.0)
    assert largest_share(trajectory, moving, limits) <= 0.99


def test_stopping_at_rest_stays(limits, home):
    assert np.abs(stop(MotionState.at_rest(home), limits).positions - home).max() == 0.0


def test_stopping_short_of_a_position_limit(limits, home):
    # The shortest stop from 1 rad/s at 7.5 rad/s^2 takes 1 / (2 * 7.5) = 0.067 rad, and some more to build up
    # the deceleration; the usual smooth one takes 0.125 rad, which is not to be had here.
    near = home.copy()
    near[0] = limits.upper[0] - 0.115
    start = MotionState(near, np.eye(7)[0], np.zeros(7))
    trajectory = stop(start, limits)
    assert len(find_outside(trajectory, start, limits)) == 0
    assert np.all(trajectory.velocities[-1] == 0.0)


def test_a_start_outside_the_limits_comes_back(limits, home):
    outside = home.copy()
    outside[0] = limits.upper[0] + 0.05
    path = np.tile(outside, (5, 1))
    path[:, 0] = limits.upper[0] - 0.05
    start = MotionState.at_rest(outside)
    trajectory = parameterise(start, path, 0.2, limits)
    assert trajectory.positions[-1, 0] < limits.upper[0]
    assert trajectory.positions[:, 0].max() <= outside[0] + 1e-9


def test_bad_paths_are_refused(limits, home):
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        parameterise(MotionState.at_rest(home), np.zeros((2, 3)), 0.2, limits)
    with pytest.raises(ValueError, match="finite"):
        parameterise(MotionState.at_rest(home), np.full((2, 7), np.nan), 0.2, limits)
