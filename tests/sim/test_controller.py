"""The rules of the joint trajectory controller. Numbers are worked out in the comments."""

from __future__ import annotations

import numpy as np
import pytest

from sim.controller import TrajectoryController, TrajectoryRejected
from wm_core.types import Trajectory

NAMES = ("a", "b")


def controller() -> TrajectoryController:
    return TrajectoryController(NAMES, np.array([0.0, 10.0]))


def trajectory(
    times: list[float],
    positions: list[list[float]],
    velocities: list[list[float]] | None = None,
    accelerations: list[list[float]] | None = None,
    names: tuple[str, ...] = NAMES,
) -> Trajectory:
    optional = [None if rows is None else np.array(rows, dtype=float) for rows in (velocities, accelerations)]
    return Trajectory(names, np.array(times), np.array(positions, dtype=float), *optional)


def test_holds_where_it_was_made_until_something_comes() -> None:
    setpoint = controller().sample(123.0)
    assert setpoint.position.tolist() == [0.0, 10.0]
    assert setpoint.velocity.tolist() == [0.0, 0.0]
    assert setpoint.acceleration.tolist() == [0.0, 0.0]


def test_positions_alone_are_joined_by_straight_lines() -> None:
    arm = controller()
    # a goes 0 -> 1 -> 3, b stays; each segment takes 2 s and the first begins at the held position.
    arm.accept(trajectory([2.0, 4.0], [[1.0, 10.0], [3.0, 10.0]]), now=100.0)
    assert arm.sample(101.0).position == pytest.approx([0.5, 10.0])  # half of 0 -> 1
    assert arm.sample(101.0).velocity == pytest.approx([0.5, 0.0])  # 1 rad in 2 s
    assert arm.sample(103.5).position == pytest.approx([2.5, 10.0])  # three quarters of 1 -> 3
    assert arm.sample(103.5).velocity == pytest.approx([1.0, 0.0])  # 2 rad in 2 s
    assert arm.sample(103.5).acceleration == pytest.approx([0.0, 0.0])


def test_velocities_make_it_a_cubic() -> None:
    arm = controller()
    # 0 -> 1 in 2 s, from rest to rest: x = s^2 (3 - 2 s) with s = t / 2.
    # At t = 0.5, s = 1/4: x = 1/16 * 5/2 = 0.15625; dx/dt = 6 s (1 - s) / 2 = 0.5625; d2x/dt2 = (6 - 12 s) / 4 = 0.75.
    arm.accept(trajectory([2.0], [[1.0, 10.0]], [[0.0, 0.0]]), now=0.0)
    setpoint = arm.sample(0.5)
    assert setpoint.position == pytest.approx([0.15625, 10.0])
    assert setpoint.velocity == pytest.approx([0.5625, 0.0])
    assert setpoint.acceleration == pytest.approx([0.75, 0.0])
    # Half way: 1/2, at the highest speed 3/2 * 1/2 = 0.75, not accelerating.
    assert arm.sample(1.0).position == pytest.approx([0.5, 10.0])
    assert arm.sample(1.0).velocity == pytest.approx([0.75, 0.0])
    assert arm.sample(1.0).acceleration == pytest.approx([0.0, 0.0])


def test_a_cubic_passes_a_waypoint_at_its_velocity() -> None:
    arm = controller()
    # 0 -> 1 in 1 s with velocity 0 -> 1: c2 = 3 - 1 = 2, c3 = -2 + 1 = -1; at 0.5: 0.5 - 0.125 = 0.375,
    # velocity 4 * 0.5 - 3 * 0.25 = 1.25.
    arm.accept(trajectory([1.0, 2.0], [[1.0, 10.0], [2.0, 10.0]], [[1.0, 0.0], [0.0, 0.0]]), now=0.0)
    assert arm.sample(0.5).position[0] == pytest.approx(0.375)
    assert arm.sample(0.5).velocity[0] == pytest.approx(1.25)
    assert arm.sample(1.0).position[0] == pytest.approx(1.0)
    assert arm.sample(1.0).velocity[0] == pytest.approx(1.0)
    assert arm.sample(1.0 - 1e-9).velocity[0] == pytest.approx(1.0)  # the same from the other side


def test_accelerations_make_it_a_quintic() -> None:
    arm = controller()
    # Minimum jerk, 0 -> 1 in 2 s: x = 10 s^3 - 15 s^4 + 6 s^5 with s = t / 2.
    # At s = 1/4: 10/64 - 15/256 + 6/1024 = (160 - 60 + 6) / 1024 = 106/1024.
    # dx/dt = (30 s^2 - 60 s^3 + 30 s^4) / 2 = (480 - 240 + 30) / 256 / 2 = 270/512.
    # d2x/dt2 = (60 s - 180 s^2 + 120 s^3) / 4 = (15 - 11.25 + 1.875) / 4 = 1.40625.
    zeros = [[0.0, 0.0]]
    arm.accept(trajectory([2.0], [[1.0, 10.0]], zeros, zeros), now=0.0)
    setpoint = arm.sample(0.5)
    assert setpoint.position == pytest.approx([106.0 / 1024.0, 10.0])
    assert setpoint.velocity == pytest.approx([270.0 / 512.0, 0.0])
    assert setpoint.acceleration == pytest.approx([1.40625, 0.0])
    # Half way at 15/8 of the mean speed 1/2.
    assert arm.sample(1.0).position[0] == pytest.approx(0.5)
    assert arm.sample(1.0).velocity[0] == pytest.approx(0.9375)
    assert arm.sample(1.0).acceleration[0] == pytest.approx(0.0)


def test_a_quintic_meets_every_boundary_value() -> None:
    arm = controller()
    positions, velocities = [[1.0, 9.0], [2.0, 8.0]], [[0.7, -0.4], [0.0, 0.0]]
    accelerations = [[0.3, 0.2], [-0.1, 0.6]]
    arm.accept(trajectory([1.5, 2.0], positions, velocities, accelerations), now=0.0)
    for time in (1.5 - 1e-9, 1.5):  # the end of one segment and the beginning of the next
        assert arm.sample(time).position == pytest.approx(positions[0])
        assert arm.sample(time).velocity == pytest.approx(velocities[0])
        assert arm.sample(time).acceleration == pytest.approx(accelerations[0], abs=1e-6)
    assert arm.sample(2.0 - 1e-9).acceleration == pytest.approx(accelerations[1], abs=1e-6)


def test_holds_the_last_point_for_ever() -> None:
    arm = controller()
    arm.accept(trajectory([1.0], [[1.0, 11.0]]), now=0.0)
    assert arm.moving(0.999) and not arm.moving(1.0)
    for time in (1.0, 1.001, 1e6):
        assert arm.sample(time).position.tolist() == [1.0, 11.0]
        assert arm.sample(time).velocity.tolist() == [0.0, 0.0]


def test_joints_may_come_in_any_order() -> None:
    arm = controller()
    sent = trajectory([1.0], [[20.0, 2.0]], [[0.0, 0.0]], names=("b", "a"))
    taken = arm.accept(sent, now=0.0)
    assert arm.sample(1.0).position.tolist() == [2.0, 20.0]
    assert taken.names == NAMES and taken.positions.tolist() == [[2.0, 20.0]]


def test_replacement_in_motion_goes_on_without_a_step() -> None:
    arm = controller()
    # A straight line at 1 rad/s; at 0.5 s a trajectory with velocities takes over, from 0.5 rad at 1 rad/s.
    arm.accept(trajectory([2.0], [[2.0, 10.0]]), now=0.0)
    arm.accept(trajectory([1.0], [[0.5, 10.0]], [[0.0, 0.0]]), now=0.5)
    assert arm.sample(0.5).position == pytest.approx([0.5, 10.0])
    assert arm.sample(0.5).velocity == pytest.approx([1.0, 0.0])
    # Cubic with gap = 0.5 - 0.5 - 1 = -1 and turn = -1: c2 = -3 + 1 = -2, c3 = -1 + 2 = 1.
    # Half a second later: 0.5 + 0.5 - 2/4 + 1/8 = 0.625; velocity 1 - 2 + 3/4 = -0.25.
    assert arm.sample(1.0).position == pytest.approx([0.625, 10.0])
    assert arm.sample(1.0).velocity == pytest.approx([-0.25, 0.0])
    assert arm.sample(1.5).position == pytest.approx([0.5, 10.0])


def test_replacement_starts_from_the_desired_acceleration_too() -> None:
    arm = controller()
    zeros = [[0.0, 0.0]]
    arm.accept(trajectory([2.0], [[1.0, 10.0]], zeros, zeros), now=0.0)
    before = arm.sample(0.5)
    arm.accept(trajectory([2.0], [[3.0, 10.0]], zeros, zeros), now=0.5)
    after = arm.sample(0.5)
    assert after.position == pytest.approx(before.position)
    assert after.velocity == pytest.approx(before.velocity)
    assert after.acceleration == pytest.approx(before.acceleration)


def test_waypoints_of_the_past_are_dropped() -> None:
    arm = controller()
    # Began at 98, now it is 100: the point of 99 is gone, from 0 the arm goes straight to 4, due at 102.
    taken = arm.accept(trajectory([1.0, 4.0], [[50.0, 10.0], [4.0, 10.0]]), now=100.0, start=98.0)
    assert taken.times == pytest.approx([2.0])
    assert arm.sample(100.0).position == pytest.approx([0.0, 10.0])
    assert arm.sample(101.0).position == pytest.approx([2.0, 10.0])
    assert arm.sample(102.0).position == pytest.approx([4.0, 10.0])


def test_a_start_in_the_future_moves_from_now_to_the_first_point() -> None:
    arm = controller()
    # Starts at 103 with its first point at 104: 4 s for 0 -> 4.
    arm.accept(trajectory([1.0], [[4.0, 10.0]]), now=100.0, start=103.0)
    assert arm.sample(101.0).position == pytest.approx([1.0, 10.0])
    assert arm.sample(104.0).position == pytest.approx([4.0, 10.0])


def test_a_last_point_of_this_very_instant_is_taken() -> None:
    arm = controller()
    arm.accept(trajectory([0.0], [[1.0, 10.0]]), now=5.0)
    assert arm.sample(5.0).position.tolist() == [1.0, 10.0]


def test_neither_nan_nor_limits_are_checked() -> None:
    arm = controller()
    arm.accept(trajectory([1.0], [[np.nan, 1e6]]), now=0.0)
    assert np.isnan(arm.sample(1.0).position[0]) and arm.sample(1.0).position[1] == 1e6


def test_what_comes_in_is_copied() -> None:
    arm = controller()
    sent = trajectory([1.0], [[1.0, 10.0]])
    arm.accept(sent, now=0.0)
    sent.positions[:] = 99.0
    assert arm.sample(1.0).position.tolist() == [1.0, 10.0]


REJECTED = {
    "a joint is missing": (trajectory([1.0], [[1.0]], names=("a",)), r"missing \['b'\]"),
    "a joint is unknown": (trajectory([1.0], [[1.0, 2.0]], names=("a", "c")), r"unknown \['c'\], missing \['b'\]"),
    "a joint too many": (trajectory([1.0], [[1.0, 2.0, 3.0]], names=("a", "b", "c")), r"unknown \['c'\]"),
    "a joint twice": (trajectory([1.0], [[1.0, 2.0]], names=("a", "a")), r"missing \['b'\]"),
    "no joints": (trajectory([1.0], [[]], names=()), "missing"),
    "no points": (Trajectory(NAMES, np.zeros(0), np.zeros((0, 2))), "no points"),
    "equal times": (trajectory([1.0, 1.0], [[0.0, 0.0]] * 2), "not strictly increasing: point 0 at 1.0"),
    "falling times": (trajectory([1.0, 0.5], [[0.0, 0.0]] * 2), "not strictly increasing"),
    "times not finite": (trajectory([np.nan], [[0.0, 0.0]]), "not finite"),
    "narrow positions": (trajectory([1.0], [[1.0]]), r"positions have shape \(1, 1\), expected \(1, 2\)"),
    "too few positions": (trajectory([1.0, 2.0], [[1.0, 2.0]]), r"positions have shape \(1, 2\), expected \(2, 2\)"),
    "ragged positions": (Trajectory(NAMES, np.array([1.0]), [[1.0], [1.0, 2.0]]), "not a table"),  # type: ignore
    "narrow velocities": (trajectory([1.0], [[1.0, 2.0]], [[0.0]]), "velocities have shape"),
    "wide accelerations": (trajectory([1.0], [[1.0, 2.0]], [[0.0, 0.0]], [[0.0] * 3]), "accelerations have shape"),
    "no rest at the end": (trajectory([1.0], [[1.0, 2.0]], [[0.0, 0.1]]), "joint 'b' has 0.1"),
    "accelerations alone": (trajectory([1.0], [[1.0, 2.0]], None, [[0.0, 0.0]]), "without velocities"),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejects_with_a_reason_and_goes_on_with_what_it_has(name: str) -> None:
    bad, reason = REJECTED[name]
    arm = controller()
    arm.accept(trajectory([2.0], [[2.0, 10.0]]), now=0.0)
    with pytest.raises(TrajectoryRejected, match=reason):
        arm.accept(bad, now=0.5)
    assert arm.sample(1.0).position == pytest.approx([1.0, 10.0])


def test_rejects_what_is_wholly_past() -> None:
    arm = controller()
    with pytest.raises(TrajectoryRejected, match="wholly past: it ended 0.500 s ago"):
        arm.accept(trajectory([1.0, 1.5], [[1.0, 10.0]] * 2), now=100.0, start=98.0)
    assert not arm.moving(100.0)


def test_a_velocity_below_the_precision_of_a_float_counts_as_rest() -> None:
    arm = controller()
    arm.accept(trajectory([1.0], [[1.0, 10.0]], [[1e-8, 0.0]]), now=0.0)
    assert arm.moving(0.5)


def test_the_held_position_must_fit_the_joints() -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\), expected \(2,\)"):
        TrajectoryController(NAMES, np.zeros(3))


def test_reset_forgets_the_trajectory() -> None:
    arm = controller()
    arm.accept(trajectory([1.0], [[1.0, 11.0]]), now=0.0)
    arm.reset(np.array([5.0, 6.0]))
    assert arm.sample(0.5).position.tolist() == [5.0, 6.0]
