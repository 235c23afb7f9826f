"""The count of what went wrong, on motion whose peaks are known."""

import numpy as np
import pytest

from wm_core.safety import find_outside
from wm_core.types import MotionState, Trajectory


@pytest.fixture
def turn(limits, home):
    """From rest at home, joint 7 by `angles` at `times`, at rest at each: peaks 1.875 d/T, 5.774 d/T^2, 60 d/T^3."""

    def build(times, angles):
        positions = home + np.outer(angles, np.eye(7)[6])
        return Trajectory(limits.names, np.array(times), positions, np.zeros_like(positions), np.zeros_like(positions))

    return build


def test_nothing_outside(turn, limits, arm, home):
    assert len(find_outside(turn([1.0, 2.0], [0.5, 0.0]), MotionState.at_rest(home), limits, arm)) == 0


def test_each_point_counts_once(turn, limits, arm, home):
    # 0.5 rad in 0.2 s: 4.7 rad/s on the way to the first point; back in 1 s is fine, and so is staying.
    trajectory = turn([0.2, 1.2, 1.4], [0.5, 0.0, 0.0])
    assert len(find_outside(trajectory, MotionState.at_rest(home), limits, arm)) == 1


def test_position(turn, limits, home):
    beyond = limits.upper[6] - home[6] + 0.01
    assert len(find_outside(turn([3.0, 6.0], [beyond, 0.0]), MotionState.at_rest(home), limits)) == 2  # there and back


def test_workspace_only_with_kinematics(limits, arm, home):
    # joint 4 stretches the arm upwards and forwards, out of the box
    up = home.copy()
    up[3] += 1.2
    trajectory = Trajectory(limits.names, np.array([3.0]), up[None], np.zeros((1, 7)), np.zeros((1, 7)))
    assert len(find_outside(trajectory, MotionState.at_rest(home), limits)) == 0
    assert len(find_outside(trajectory, MotionState.at_rest(home), limits, arm)) == 1


def test_not_finite_counts(turn, limits, arm, home):
    trajectory = turn([1.0, 2.0], [0.5, np.nan])
    assert len(find_outside(trajectory, MotionState.at_rest(home), limits, arm)) == 1


def test_it_says_which_and_how_much(turn, limits, arm, home):
    # 0.5 rad in 0.2 s peaks at 1.875 * 2.5 = 4.69 rad/s at 0.1 s; joint 7 may do 1.8 rad/s, and 1.8 is passed first.
    found = find_outside(turn([0.2, 1.2], [0.5, 0.0]), MotionState.at_rest(home), limits, arm)
    assert [excess.point for excess in found] == [0]
    assert found[0].text.startswith("velocity at 0.0")
