"""Where a motion breaks a hard limit, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.interpolation import Motion
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics

BETWEEN = 0.995  # share of the derivative limits: the rest covers what lies between samples
BACKWARD = 1e-4  # rad, m: how much a motion that begins outside may stray on its way back in
TOOL_PERIOD = 0.02  # s between looks at the tool
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


def workspace_violation(motion: Motion, limits: ArmLimits, kinematics: Kinematics) -> Violation | None:
    """The worst tool position outside the box; a motion that begins outside may only come back."""
    rows = _spaced(motion.times, TOOL_PERIOD)
    tool = np.stack([kinematics.forward(joints).position for joints in motion.position[rows]])
    outside = np.maximum(limits.workspace_lower - tool, tool - limits.workspace_upper).clip(min=0.0)
    row, axis, stray = worst_stray(outside)
    if stray <= 0.0:
        return None
    text = (
        f"tool {'xyz'[axis]} = {tool[row, axis]:.3f} m is outside the workspace "
        f"[{limits.workspace_lower[axis]:g}, {limits.workspace_upper[axis]:g}] m at {motion.times[rows[row]]:.3f} s"
    )
    return Violation("workspace", text, float(motion.times[rows[row]]), excess=float(outside[row, axis]))


def worst_stray(outside: np.ndarray) -> tuple[int, int, float]:
    """outside: (K, N) >= 0 in order of time -> where it most exceeds the least it has been so far, and by how much."""
    least = np.minimum.accumulate(outside, axis=0)
    stray = outside - np.minimum(least + BACKWARD, outside[0])
    row, column = np.unravel_index(np.argmax(stray), stray.shape)
    return int(row), int(column), float(stray[row, column])


def _spaced(times: np.ndarray, period: float) -> np.ndarray:
    """Rows about `period` apart, the first and the last among them; times increase (with repeats)."""
    wanted = np.linspace(times[0], times[-1], int(np.ceil((times[-1] - times[0]) / period)) + 1)
    return np.unique(np.clip(np.searchsorted(times, wanted), 0, len(times) - 1))
