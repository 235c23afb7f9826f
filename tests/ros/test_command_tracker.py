"""What the controller does is known from what it was told."""

import numpy as np
import pytest

from wm_core.types import JointState, Trajectory
from wm_ros.command_tracker import CommandTracker


def measured(position, stamp=0.0):
    return JointState(np.array([position]), np.zeros(1), stamp)


LINE = Trajectory(("a",), np.array([1.0]), np.array([[2.0]]))  # positions alone: a straight line


def test_before_any_command_the_arm_holds_what_is_measured():
    tracker = CommandTracker()
    assert tracker.state(0.0, None) is None
    assert tracker.state(0.0, measured(0.5)).position.tolist() == [0.5]
    assert not tracker.moving(0.0)


def test_a_command_is_followed_from_where_the_arm_was_and_held_at_its_end():
    tracker = CommandTracker()
    tracker.command(LINE, 10.0, measured(0.0))
    # Half of one second from 0 to 2 rad.
    assert tracker.state(10.5, None).position[0] == pytest.approx(1.0)
    assert tracker.moving(10.5) and not tracker.moving(11.0)
    assert tracker.state(13.0, None).position.tolist() == [2.0]


def test_a_command_that_only_rests_at_its_end_is_over():
    tracker = CommandTracker()
    there = Trajectory(("a",), np.array([1.0, 2.0]), np.array([[1.0], [1.0]]), np.zeros((2, 1)))
    tracker.command(there, 10.0, measured(0.0))
    assert tracker.moving(10.0) and tracker.moving(10.9)  # at 10.0 it stands still, and is about to go
    assert not tracker.moving(11.1)


def test_a_new_command_starts_from_the_old_one():
    tracker = CommandTracker()
    tracker.command(LINE, 10.0, measured(0.0))
    following = tracker.command(Trajectory(("a",), np.array([1.0]), np.array([[0.0]])), 10.5, measured(0.0))
    assert following.start.position[0] == pytest.approx(1.0)
    assert following.start.velocity[0] == pytest.approx(2.0)


def test_an_arm_that_was_moved_by_others_is_taken_as_it_is():
    tracker = CommandTracker()
    tracker.command(LINE, 10.0, measured(0.0))
    tracker.see(12.0, measured(1.5))
    assert tracker.state(12.0, measured(1.5)).position.tolist() == [1.5]
    assert tracker.following is None


def test_a_clock_that_was_set_back_forgets_the_command():
    tracker = CommandTracker()
    tracker.command(LINE, 10.0, measured(0.0))
    tracker.see(5.0, measured(0.3))
    assert tracker.state(5.0, measured(0.3)).position.tolist() == [0.3]


def test_an_arm_that_sags_is_where_it_was_sent_until_somebody_moves_it():
    tracker = CommandTracker()
    tracker.command(LINE, 10.0, measured(0.0))
    for now in (11.1, 12.0, 20.0):
        tracker.see(now, measured(1.95))  # 5 cm at a metre below the 2 rad of its last point
        assert tracker.state(now, measured(1.95)).position.tolist() == [2.0]
    tracker.see(20.1, measured(1.93))  # by hand: 20 mrad, twice what counts as moved
    assert tracker.state(20.1, measured(1.93)).position.tolist() == [1.93]
