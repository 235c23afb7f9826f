"""The controller's interpolation, by hand for one joint."""

import numpy as np
import pytest

from wm_core.interpolation import path_of, sample, sample_densely, sample_many
from wm_core.types import MotionState, Trajectory

REST = MotionState.at_rest(np.zeros(1))


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_positions_alone_are_joined_by_lines():
    trajectory = Trajectory(("a",), np.array([1.0, 3.0]), column(2, 3))
    state = sample(trajectory, REST, 0.5)
    assert state.position == pytest.approx([1.0]) and state.velocity == pytest.approx([2.0])
    assert sample(trajectory, REST, 2.0).position == pytest.approx([2.5])  # half of the second segment


def test_velocities_make_cubics():
    # 0 -> 1 in 1 s from rest to rest: 3 t^2 - 2 t^3. At 0.5: 0.75 - 0.25 = 0.5; v = 6t - 6t^2 = 1.5; a = 6 - 12t = 0.
    trajectory = Trajectory(("a",), np.array([1.0]), column(1), column(0))
    state = sample(trajectory, REST, 0.5)
    assert (state.position[0], state.velocity[0], state.acceleration[0]) == pytest.approx((0.5, 1.5, 0.0))


def test_accelerations_make_quintics():
    # 10 t^3 - 15 t^4 + 6 t^5. At 0.25: 0.15625 - 0.05859375 + 0.005859375 = 0.103515625;
    # v = 30 t^2 - 60 t^3 + 30 t^4 = 1.875 - 0.9375 + 0.1171875 = 1.0546875; jerk at 0 is 60.
    trajectory = Trajectory(("a",), np.array([1.0]), column(1), column(0), column(0))
    state = sample(trajectory, REST, 0.25)
    assert (state.position[0], state.velocity[0]) == pytest.approx((0.103515625, 1.0546875))
    assert sample_densely(trajectory, REST, 2).jerk[0] == pytest.approx(60.0)


def test_a_path_is_where_every_sample_is():
    trajectory = Trajectory(("a",), np.array([1.0, 1.5]), column(1, -2), column(0.5, 0), column(-1, 0))
    times = np.linspace(-0.1, 1.7, 19)  # before, at and behind all points, and between
    assert path_of(trajectory, REST)(times) == pytest.approx(sample_many(trajectory, REST, times).position)


def test_a_moving_start_is_continued():
    # One polynomial of degree 5 through both ends is the motion itself: here t^3, with x 8, v 12, a 12 at t = 2.
    start = MotionState(np.array([1.0]), np.array([3.0]), np.array([6.0]))  # t = 1
    trajectory = Trajectory(("a",), np.array([1.0]), column(8), column(12), column(12))
    state = sample(trajectory, start, 0.5)  # t = 1.5
    assert (state.position[0], state.velocity[0], state.acceleration[0]) == pytest.approx((3.375, 6.75, 9.0))


def test_it_holds_after_the_end():
    trajectory = Trajectory(("a",), np.array([1.0]), column(1), column(0), column(0))
    late = sample(trajectory, REST, 5.0)
    assert (late.position[0], late.velocity[0], late.acceleration[0]) == (pytest.approx(1.0), 0.0, 0.0)


def test_before_the_start_it_is_the_start():
    trajectory = Trajectory(("a",), np.array([1.0]), column(1), column(0), column(0))
    assert sample_many(trajectory, REST, np.array([-1.0])).position[0] == pytest.approx(0.0)
