"""The rules of a ros2_control joint trajectory controller, without ROS and without physics.

Modelled on Jazzy and Kilted with `interpolate_from_desired_state: true`. As there, NaN and joint limits are
*not* checked: whoever sends is the last gate.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from sim.interpolation import Setpoint, interpolate
from wm_core.types import Trajectory

# The real controller compares with the epsilon of a float.
REST = float(np.finfo(np.float32).eps)


class TrajectoryRejected(ValueError):
    """The controller does not take this trajectory and goes on with what it has; the message is the reason."""


class TrajectoryController:
    """Holds a position until a trajectory comes, follows it, holds its last point.

    All times are seconds on one clock, the caller's.
    """

    def __init__(self, joint_names: Sequence[str], position: np.ndarray) -> None:
        """position: (J,) rad, held until the first trajectory."""
        self.joint_names = tuple(joint_names)
        self.reset(position)

    def reset(self, position: np.ndarray) -> None:
        """Forgets the trajectory and holds `position` (J,) rad."""
        held = np.array(position, dtype=float)
        if held.shape != (len(self.joint_names),):
            raise ValueError(f"position has shape {held.shape}, expected ({len(self.joint_names)},), one a joint")
        self._times = np.array([-np.inf])
        self._points = [Setpoint(held, np.zeros_like(held), np.zeros_like(held))]
        self._degree = 1

    def accept(self, trajectory: Trajectory, now: float, start: float | None = None) -> Trajectory:
        """Replaces what is followed. start: when its time 0 is, None (stamp 0) for now.

        Waypoints that are past by now are dropped; motion continues from the desired state of now, without a step.
        Returns what will be executed: in the controller's joint order, timed from now. Raises `TrajectoryRejected`.
        """
        ordered = self._validated(trajectory)
        arrival = (now if start is None else start) + ordered.times
        if arrival[-1] < now:
            raise TrajectoryRejected(f"the trajectory is wholly past: it ended {now - arrival[-1]:.3f} s ago")
        keep = arrival > now
        keep[-1] = True  # also where it is due at this very instant
        self._follow(ordered, keep, arrival, now)
        return Trajectory(
            self.joint_names,
            arrival[keep] - now,
            ordered.positions[keep],
            None if ordered.velocities is None else ordered.velocities[keep],
            None if ordered.accelerations is None else ordered.accelerations[keep],
        )

    def sample(self, now: float) -> Setpoint:
        """The desired state at `now`."""
        row = int(np.searchsorted(self._times, now, side="right")) - 1
        if row < 0:
            return self._points[0]
        if row == len(self._points) - 1:
            return self._points[-1]
        begin, end = self._times[row], self._times[row + 1]
        return interpolate(self._points[row], self._points[row + 1], end - begin, now - begin, self._degree)

    def moving(self, now: float) -> bool:
        """Whether the last point is still ahead."""
        return bool(now < self._times[-1])

    def _follow(self, ordered: Trajectory, keep: np.ndarray, arrival: np.ndarray, now: float) -> None:
        zeros = np.zeros_like(ordered.positions)
        velocities = zeros if ordered.velocities is None else ordered.velocities
        accelerations = zeros if ordered.accelerations is None else ordered.accelerations
        rows = zip(ordered.positions[keep], velocities[keep], accelerations[keep])
        bridge = self.sample(now)
        self._points = [bridge, *(Setpoint(*row) for row in rows)]
        self._times = np.concatenate([[now], arrival[keep]])
        self._degree = 1 if ordered.velocities is None else 3 if ordered.accelerations is None else 5

    def _validated(self, trajectory: Trajectory) -> Trajectory:
        order = self._order(trajectory.names)
        times = np.asarray(trajectory.times, dtype=float)
        if times.ndim != 1 or times.size == 0:
            raise TrajectoryRejected(f"the trajectory has no points: times have shape {times.shape}")
        _check_times(times)
        shape = (times.size, len(order))
        positions = _field("positions", trajectory.positions, shape)[:, order]
        velocities, accelerations = trajectory.velocities, trajectory.accelerations
        if velocities is not None:
            velocities = _field("velocities", velocities, shape)[:, order]
            _check_rest(self.joint_names, velocities[-1])
        if accelerations is not None:
            accelerations = _field("accelerations", accelerations, shape)[:, order]
            if velocities is None:
                # The real controller takes this and commands zeros, having no spline for it.
                raise TrajectoryRejected("accelerations are given without velocities: no spline fits them")
        return Trajectory(self.joint_names, times, positions, velocities, accelerations)

    def _order(self, names: Sequence[str]) -> list[int]:
        names = list(names)
        if sorted(names) != sorted(self.joint_names):
            unknown = sorted(set(names) - set(self.joint_names))
            missing = sorted(set(self.joint_names) - set(names))
            raise TrajectoryRejected(
                f"joints {names} do not match the controller's {list(self.joint_names)}: "
                f"unknown {unknown}, missing {missing}"
            )
        return [names.index(name) for name in self.joint_names]


def _field(name: str, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    try:
        values = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise TrajectoryRejected(f"{name} are not a table of numbers, expected shape {shape}: {error}") from None
    if values.shape != shape:
        raise TrajectoryRejected(f"{name} have shape {values.shape}, expected {shape}: points x joints")
    return values


def _check_times(times: np.ndarray) -> None:
    if not np.isfinite(times).all():
        raise TrajectoryRejected(f"time_from_start is not finite: {times.tolist()}")
    for row in np.flatnonzero(np.diff(times) <= 0.0):
        raise TrajectoryRejected(
            f"time_from_start is not strictly increasing: point {row} at {times[row]:.6f} s, "
            f"point {row + 1} at {times[row + 1]:.6f} s"
        )


def _check_rest(names: Sequence[str], velocity: np.ndarray) -> None:
    for name, value in zip(names, velocity):
        if abs(value) > REST:
            raise TrajectoryRejected(f"the last point does not rest: joint '{name}' has {value:.6f} rad/s, expected 0")
