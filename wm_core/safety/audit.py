"""Counts what broke a limit, after the fact; written apart from the filter so that one can convict the other."""

from __future__ import annotations

import numpy as np

from wm_core.interpolation import sample_many
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.types import MotionState, Trajectory

PERIOD = 0.004  # s between looks
ROUNDING = 1e-6


def count_outside(
    trajectory: Trajectory, start: MotionState, limits: ArmLimits, kinematics: Kinematics | None = None
) -> int:
    """How many points of the trajectory are outside a limit, or are led to by motion that is. For benchmarks.

    start: the state that it is joined from; as far outside as that one is, is not counted: the way back in is
    allowed. kinematics: None leaves the workspace box out. Whatever is not finite counts.
    """
    times = np.asarray(trajectory.times, dtype=float)
    looks = np.unique(np.concatenate([np.arange(PERIOD, times[-1], PERIOD), times]))
    motion = sample_many(trajectory, start, looks)
    good = np.ones(len(looks), dtype=bool)
    good &= _within(motion.position, limits.lower, limits.upper, start.position)
    for values, bound in (
        (motion.velocity, limits.velocity),
        (motion.acceleration, limits.acceleration),
        (motion.jerk, limits.jerk),
    ):
        good &= (np.abs(values) <= bound * (1.0 + ROUNDING)).all(axis=1)
    if kinematics is not None:
        good &= _tool_within(motion.position, start.position, limits, kinematics)
    point = np.searchsorted(times, looks, side="left")  # the point that each look leads to
    return len(set(point[~good].tolist()))


def _tool_within(path: np.ndarray, start: np.ndarray, limits: ArmLimits, kinematics: Kinematics) -> np.ndarray:
    good = np.ones(len(path), dtype=bool)
    rows = [row for row in range(0, len(path), 4) if np.isfinite(path[row]).all()] + [len(path) - 1]
    if not np.isfinite(path).all():
        return good  # counted already, and there is no tool position to speak of
    tool = np.stack([kinematics.forward(path[row]).position for row in rows])
    begin = kinematics.forward(start).position
    good[rows] = _within(tool, limits.workspace_lower, limits.workspace_upper, begin)
    return good


def _within(values: np.ndarray, lower: np.ndarray, upper: np.ndarray, start: np.ndarray) -> np.ndarray:
    low, high = np.minimum(lower, start) - ROUNDING, np.maximum(upper, start) + ROUNDING
    return ((values >= low) & (values <= high)).all(axis=1)
