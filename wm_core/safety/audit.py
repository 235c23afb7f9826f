"""Finds what broke a limit, after the fact; written apart from the filter so that one can convict the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.interpolation import sample_many
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.types import MotionState, Trajectory

PERIOD = 0.004  # s between looks
ROUNDING = 1e-6


@dataclass(frozen=True)
class Excess:
    """A point that is outside a limit, or that is led to by motion that is: which one, and why."""

    point: int
    text: str


def find_outside(
    trajectory: Trajectory, start: MotionState, limits: ArmLimits, kinematics: Kinematics | None = None
) -> list[Excess]:
    """The points of the trajectory that break a limit, each once. For benchmarks and the guard's own statistics.

    start: the state that it is joined from; as far outside as that one is, is not counted: the way back in is
    allowed. kinematics: None leaves the workspace box out. Whatever is not finite counts.
    """
    times = np.asarray(trajectory.times, dtype=float)
    looks = np.unique(np.concatenate([np.arange(PERIOD, times[-1], PERIOD), times]))
    motion = sample_many(trajectory, start, looks)
    point = np.searchsorted(times, looks, side="left")  # the point that each look leads to
    reasons: dict[int, str] = {}
    checks = [("position", _within(motion.position, limits.lower, limits.upper, start.position), None)]
    for name, values, bound in (
        ("velocity", motion.velocity, limits.velocity),
        ("acceleration", motion.acceleration, limits.acceleration),
        ("jerk", motion.jerk, limits.jerk),
    ):
        ratio = (np.abs(values) / bound).max(axis=1)
        checks.append((name, ratio <= 1.0 + ROUNDING, ratio))
    if kinematics is not None:
        checks.append(("workspace", _tool_within(motion.position, start.position, limits, kinematics), None))
    for name, good, ratio in checks:
        for row in np.flatnonzero(~good):
            text = f"{name} at {looks[row]:.3f} s" + (f", {ratio[row]:.3f} of its limit" if ratio is not None else "")
            reasons.setdefault(int(point[row]), text)
    return [Excess(row, text) for row, text in sorted(reasons.items())]


def _tool_within(path: np.ndarray, start: np.ndarray, limits: ArmLimits, kinematics: Kinematics) -> np.ndarray:
    good = np.ones(len(path), dtype=bool)
    if not np.isfinite(path).all():
        return good  # counted already, and there is no tool position to speak of
    rows = [*range(0, len(path), 4), len(path) - 1]
    tool = np.stack([kinematics.forward(path[row]).position for row in rows])
    begin = kinematics.forward(start).position
    good[rows] = _within(tool, limits.workspace_lower, limits.workspace_upper, begin)
    return good


def _within(values: np.ndarray, lower: np.ndarray, upper: np.ndarray, start: np.ndarray) -> np.ndarray:
    low, high = np.minimum(lower, start) - ROUNDING, np.maximum(upper, start) + ROUNDING
    return ((values >= low) & (values <= high)).all(axis=1)
