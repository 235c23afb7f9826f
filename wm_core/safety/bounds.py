"""Where a motion breaks a hard limit, and by how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wm_core.interpolation import Motion
from wm_core.limits import ArmLimits

BETWEEN = 0.995  # share of the derivative limits: the rest covers what lies between samples
TURNING = 33  # looks at an interval in which a joint turns round near a limit
BACKWARD = 1e-4  # rad, m: how much a motion that begins outside may stray on its way back in
UNITS = {"velocity": "rad/s", "acceleration": "rad/s^2", "jerk": "rad/s^3"}


@dataclass(frozen=True)
class Violation:
    """quantity: 'position', 'velocity', 'acceleration', 'jerk', 'workspace' or 'clearance'. time: s.

    ratio: of value to limit, inf for position, workspace and clearance; excess: rad or m beyond the limit, for those.
    """

    quantity: str
    text: str
    time: float
    ratio: float = np.inf
    excess: float = 0.0


def derivative_violation(motion: Motion, limits: ArmLimits) -> Violation | None:
    """The worst velocity, acceleration or jerk, in that order, that is above its limit."""
    for quantity, unit in UNITS.items():
        values, bound = getattr(motion, quantity), getattr(limits, quantity)
        share = np.abs(values) / bound
        row, joint = np.unravel_index(np.argmax(share), share.shape)
        if share[row, joint] > BETWEEN:
            text = (
                f"joint '{limits.names[joint]}' {quantity} {values[row, joint]:.3f} {unit} "
                f"exceeds {bound[joint]:g} {unit} at {motion.times[row]:.3f} s"
            )
            return Violation(quantity, text, float(motion.times[row]), float(share[row, joint]))
    return None


def position_violation(
    motion: Motion, path: Callable[[np.ndarray], np.ndarray], limits: ArmLimits
) -> Violation | None:
    """The worst position beyond its limit; a motion that begins outside may only come back.

    path: the positions (K, J) rad of `motion` at any times (K,) s. Between two samples a joint is farther out than at
    both only where it turns round: there are looks in between.
    """
    times, position, turns = motion.times, motion.position, _turns_near(motion, limits)
    if len(turns):
        order = np.argsort(np.concatenate([times, turns]), kind="stable")
        times, position = np.concatenate([times, turns])[order], np.concatenate([position, path(turns)])[order]
    outside = np.maximum(limits.lower - position, position - limits.upper).clip(min=0.0)
    row, joint, stray = worst_stray(outside)
    if stray <= 0.0:
        return None
    text = (
        f"joint '{limits.names[joint]}' position {position[row, joint]:.4f} rad is outside "
        f"[{limits.lower[joint]:.4f}, {limits.upper[joint]:.4f}] rad at {times[row]:.3f} s"
    )
    return Violation("position", text, float(times[row]), excess=float(outside[row, joint]))


def _turns_near(motion: Motion, limits: ArmLimits) -> np.ndarray:
    """-> (K,) s within the intervals of `motion` in which a joint turns round so near to a limit that it may pass it."""
    rows = np.flatnonzero((motion.velocity[1:] * motion.velocity[:-1] < 0.0).any(axis=1))
    span = np.diff(motion.times)[rows, None]
    beyond = np.maximum(limits.lower - motion.position, motion.position - limits.upper)
    reach = np.maximum(beyond[rows + 1], beyond[rows]) + span * limits.velocity
    near = (reach > 0.0).any(axis=1)
    rows, span = rows[near], span[near]
    return (motion.times[rows, None] + span * np.linspace(0.0, 1.0, TURNING)[1:-1]).ravel()


def worst_stray(outside: np.ndarray) -> tuple[int, int, float]:
    """outside: (K, N) >= 0 in order of time -> where it most exceeds the least it has been so far, and by how much."""
    least = np.minimum.accumulate(outside, axis=0)
    stray = outside - np.minimum(least + BACKWARD, outside[0])
    row, column = np.unravel_index(np.argmax(stray), stray.shape)
    return int(row), int(column), float(stray[row, column])
