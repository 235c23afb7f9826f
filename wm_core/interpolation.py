"""What a joint-trajectory controller does between the points of a trajectory. Free of torch.

The rules are those of ros2_controllers' `Trajectory::interpolate_between_points`: positions alone are joined by
straight lines, positions and velocities by cubics, all three by quintics; the first segment starts at the state
that the controller commanded when the trajectory arrived; after the last point it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wm_core.types import MotionState, Trajectory


@dataclass(frozen=True, eq=False)
class Motion:
    """A trajectory evaluated at many times: times (K,) s; the rest (K, J), derivatives by derivative."""

    times: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray


def sample(trajectory: Trajectory, start: MotionState, time: float) -> MotionState:
    """The commanded state `time` s after the trajectory began from `start`; at rest after the last point."""
    motion = sample_many(trajectory, start, np.array([time], dtype=float))
    return MotionState(motion.position[0], motion.velocity[0], motion.acceleration[0])


def sample_many(trajectory: Trajectory, start: MotionState, times: np.ndarray) -> Motion:
    """times: (K,) s, any order -> (K, J) each. Before 0 it is `start`, after the last point it holds."""
    knots, coefficients = segments(trajectory, start)
    times = np.asarray(times, dtype=float)
    row, local = _within(knots, times)
    position, velocity, acceleration, jerk = _powers(coefficients[row], local)
    moving = (times <= knots[-1])[:, None]
    return Motion(times, position, velocity * moving, acceleration * moving, jerk * moving)


def path_of(trajectory: Trajectory, start: MotionState) -> Callable[[np.ndarray], np.ndarray]:
    """-> the commanded position (K, J) as a function of times (K,) s, for one motion that is looked at again and again."""
    knots, coefficients = segments(trajectory, start)

    def at(times: np.ndarray) -> np.ndarray:
        row, local = _within(knots, times)
        return _position(np.moveaxis(coefficients[row], 1, 0), local)

    return at


def sample_densely(trajectory: Trajectory, start: MotionState, each: int) -> Motion:
    """`each` >= 2 evenly spaced times of every segment, both its ends included (so knots appear from both sides)."""
    knots, coefficients = segments(trajectory, start)
    local = np.diff(knots)[:, None] * np.linspace(0.0, 1.0, each)  # (N, each)
    states = _powers(np.repeat(coefficients, each, axis=0), local.reshape(-1, 1))
    return Motion((knots[:-1, None] + local).ravel(), *states)


def _within(knots: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """times: (K,) s -> the segment that each is in, and the time in it, (K, 1) s."""
    row = np.clip(np.searchsorted(knots, times, side="left") - 1, 0, len(knots) - 2)
    return row, np.clip(times - knots[row], 0.0, np.diff(knots)[row])[:, None]


def _position(c: np.ndarray, t: np.ndarray) -> np.ndarray:
    """c: (6, K, J), t: (K, 1)"""
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))))


def _powers(coefficients: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """coefficients: (K, 6, J), time: (K, 1) -> position, velocity, acceleration, jerk, (K, J) each."""
    c, t = np.moveaxis(coefficients, 1, 0), time
    velocity = c[1] + t * (2 * c[2] + t * (3 * c[3] + t * (4 * c[4] + t * 5 * c[5])))
    acceleration = 2 * c[2] + t * (6 * c[3] + t * (12 * c[4] + t * 20 * c[5]))
    jerk = 6 * c[3] + t * (24 * c[4] + t * 60 * c[5])
    return _position(c, t), velocity, acceleration, jerk


def segments(trajectory: Trajectory, start: MotionState) -> tuple[np.ndarray, np.ndarray]:
    """-> knots (N + 1,) s beginning at 0, coefficients (N, 6, J) of the powers of the time within each segment."""
    knots = np.concatenate([[0.0], np.asarray(trajectory.times, dtype=float)])
    span = np.diff(knots)[:, None]
    position = np.vstack([start.position, trajectory.positions])
    out = np.zeros((len(span), 6, position.shape[1]))
    p0, p1 = position[:-1], position[1:]
    out[:, 0] = p0
    if trajectory.velocities is None:
        out[:, 1] = (p1 - p0) / span
        return knots, out
    velocity = np.vstack([start.velocity, trajectory.velocities])
    v0, v1 = velocity[:-1], velocity[1:]
    out[:, 1] = v0
    if trajectory.accelerations is None:
        out[:, 2] = (3 * (p1 - p0) - (2 * v0 + v1) * span) / span**2
        out[:, 3] = (-2 * (p1 - p0) + (v0 + v1) * span) / span**3
        return knots, out
    acceleration = np.vstack([start.acceleration, trajectory.accelerations])
    a0, a1 = acceleration[:-1], acceleration[1:]
    step = p1 - p0
    out[:, 2] = a0 / 2
    out[:, 3] = (20 * step - (8 * v1 + 12 * v0) * span - (3 * a0 - a1) * span**2) / (2 * span**3)
    out[:, 4] = (-30 * step + (14 * v1 + 16 * v0) * span + (3 * a0 - 2 * a1) * span**2) / (2 * span**4)
    out[:, 5] = (12 * step - 6 * (v1 + v0) * span + (a1 - a0) * span**2) / (2 * span**5)
    return knots, out
