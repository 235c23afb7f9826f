"""When things are due, and what a stamp is."""

from __future__ import annotations

import pytest

from sim.pacing import Schedule, StampClock


def test_what_was_missed_is_skipped_and_the_grid_is_kept() -> None:
    schedule = Schedule(0.1, first=1.0)
    assert not schedule.due(0.99)
    assert schedule.due(1.0)
    schedule.done(1.0)
    assert schedule.next == pytest.approx(1.1)
    # 0.37 s late: 1.1 is served at 1.47, then 1.5 is next, not 1.2.
    schedule.done(1.47)
    assert schedule.next == pytest.approx(1.5)


def test_near_enough_counts_and_is_not_served_twice() -> None:
    schedule = Schedule(0.05, first=1.0)
    assert schedule.due(0.996, early=0.005)
    schedule.done(0.996, early=0.005)
    assert schedule.next == pytest.approx(1.05)
    assert not schedule.due(1.002, early=0.005)


def test_simulated_stamps_start_at_one_second() -> None:
    clock = StampClock(simulated=True)
    assert clock.stamp(0.0) == 1.0
    assert clock.arm_time(clock.stamp(2.5)) == 2.5
    assert clock.correct(1000.0) == 0.0


def test_stamps_follow_a_wall_clock_that_was_set() -> None:
    wall = [1000.0]
    clock = StampClock(simulated=False, wall=lambda: wall[0])
    assert clock.stamp(0.0) == 1000.0
    wall[0] = 1005.02  # 5 s of the arm's time later, 20 ms apart: nothing to correct
    assert clock.correct(5.0) == 0.0
    assert clock.stamp(5.0) == 1005.0
    wall[0] = 1003.0  # set back by 2 s
    assert clock.correct(5.0) == pytest.approx(-2.0)
    assert clock.stamp(5.0) == pytest.approx(1003.0)
    assert clock.arm_time(1003.0) == pytest.approx(5.0)
