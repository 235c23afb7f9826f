"""Where a motion breaks a hard limit, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.interpolation import Motion
from wm_core.limits import ArmLimits

BETWEEN = 0.995  # share of the derivative limits: the rest covers what lies between samples
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


def position_violation(motion: Motion, limits: ArmLimits) -> Violation | None:
    """The worst position beyond its limit; a motion that begins outside may only come back."""
    outside = np.maximum(limits.lower - motion.position, motion.position - limits.upper).clip(min=0.0)
    row, joint, stray = worst_stray(outside)
    if stray <= 0.0:
        return None
    text = (
        f"joint '{limits.names[joint]}' position {motion.position[row, joint]:.4f} rad is outside "
        f"[{limits.lower[joint]:.4f}, {limits.upper[joint]:.4f}] rad at {motion.times[row]:.3f} s"
    )
    return Violation("position", text, float(motion.times[row]), excess=float(outside[row, joint]))


def worst_stray(outside: np.ndarray) -> tuple[int, int, float]:
    """outside: (K, N) >= 0 in order of time -> where it most exceeds the least it has been so far, and by how much."""
    least = np.minimum.accumulate(outside, axis=0)
    stray = outside - np.minimum(least + BACKWARD, outside[0])
    row, column = np.unravel_index(np.argmax(stray), stray.shape)
    return int(row), int(column), float(stray[row, column])
