"""Motion whose jerk is constant between equally spaced knots.

Position is then a cubic between knots, which a controller's quintic (or cubic) interpolation through the knots'
positions, velocities and accelerations reproduces exactly. So whatever holds here holds on the arm: acceleration is
extreme at knots, jerk is known everywhere, and velocity needs looking at knots and halfway between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wm_core.limits import ArmLimits
from wm_core.types import MotionState

PERIOD = 0.05  # s between knots


@dataclass(frozen=True, eq=False)
class Knots:
    """position, velocity, acceleration: (N, J) at the end of each interval; jerk: (N, J) during it."""

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray


def track(start: MotionState, reference: np.ndarray, bandwidth: float) -> Knots:
    """The motion from `start` that follows `reference` (N, J) at the knots and is at rest at the last one.

    It minimises  sum w^6 |position error|^2 + w^4 |velocity error|^2 + |jerk|^2  with w the bandwidth (rad/s), under
    these constraints. That is linear in its data: a gain matrix that depends on N and the bandwidth alone, computed
    once. Changes of the reference faster than the bandwidth are smoothed; 0 ignores it and only comes to rest.
    """
    count = len(reference)
    times = PERIOD * np.arange(1, count + 1)[:, None]
    coasting = start.position + times * start.velocity + 0.5 * times**2 * start.acceleration
    speed = start.velocity + times * start.acceleration
    slope = np.diff(reference, axis=0, prepend=start.position[None], append=reference[-1:]) / PERIOD
    wanted_speed = (slope[:-1] + slope[1:]) / 2
    wanted = np.vstack([reference - coasting, wanted_speed - speed, -speed[-1:], -start.acceleration[None]])
    jerk = _gains(count, bandwidth) @ wanted
    to_position, to_velocity, to_acceleration = _integrators(count)
    velocity = speed + to_velocity @ jerk
    acceleration = start.acceleration + to_acceleration @ jerk
    velocity[-1], acceleration[-1] = 0.0, 0.0  # they are, but for rounding, and a controller insists
    return Knots(coasting + to_position @ jerk, velocity, acceleration, jerk)


def excess(start: MotionState, knots: Knots, limits: ArmLimits) -> float:
    """The largest share of any velocity, acceleration or jerk limit that the motion uses; up to 1 is inside."""
    before = np.vstack([start.velocity, knots.velocity[:-1]]), np.vstack([start.acceleration, knots.acceleration[:-1]])
    halfway = before[0] + before[1] * (PERIOD / 2) + knots.jerk * (PERIOD**2 / 8)
    return float(
        max(
            (np.abs(knots.velocity) / limits.velocity).max(),
            (np.abs(halfway) / limits.velocity).max(),
            (np.abs(knots.acceleration) / limits.acceleration).max(),
            (np.abs(knots.jerk) / limits.jerk).max(),
        )
    )


@lru_cache(maxsize=64)
def _integrators(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, N) each: from jerk in the intervals to position, velocity and acceleration at the knots."""
    ago = np.arange(1, count + 1)[:, None] - np.arange(count)[None, :]  # knots since the interval began
    h, m = PERIOD, np.maximum(ago, 0)
    begun = ago > 0
    position = np.where(begun, h**3 * (m**2 / 2 - m / 2 + 1 / 6), 0.0)
    return position, np.where(begun, h**2 * (m - 0.5), 0.0), np.where(begun, h, 0.0)


@lru_cache(maxsize=256)
def _gains(count: int, bandwidth: float) -> np.ndarray:
    """(N, 2 N + 2): from wanted positions (N), velocities (N), final velocity and final acceleration to jerk."""
    to_position, to_velocity, to_acceleration = _integrators(count)
    places = np.full((count, 1), bandwidth**6)
    places[-1] *= count  # where it ends matters as much as the way there
    speeds = np.full((count, 1), bandwidth**4)
    cost = to_position.T @ (places * to_position) + to_velocity.T @ (speeds * to_velocity) + np.eye(count)
    constraint = np.vstack([to_velocity[-1], to_acceleration[-1]])
    system = np.block([[cost, constraint.T], [constraint, np.zeros((2, 2))]])
    data = np.zeros((count + 2, 2 * count + 2))
    data[:count, :count] = (places * to_position).T
    data[:count, count : 2 * count] = (speeds * to_velocity).T
    data[count:, 2 * count :] = np.eye(2)
    return np.linalg.solve(system, data)[:count]
