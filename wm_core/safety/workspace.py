"""Where a motion takes the tool out of its box."""

from __future__ import annotations

import numpy as np

from wm_core.interpolation import path_of
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.safety.bounds import Violation, worst_stray
from wm_core.types import MotionState, Trajectory

COARSE, FINE = 0.02, 4e-4  # s between two looks: at first, and where the tool is near a face
ACCELERATION = 60.0  # m/s^2 that no tool exceeds; a Panda with every joint at its limits is below 23
QUARTERS = np.array([0.25, 0.5, 0.75])  # where looks are put between two that leave something open


def workspace_violation(
    trajectory: Trajectory, start: MotionState, limits: ArmLimits, kinematics: Kinematics
) -> Violation | None:
    """The worst tool position outside the box; a motion that begins outside may only come back.

    Between two looks that are T s apart the tool is farther out than at both by a T^2 / 8 at most, where a is its
    acceleration. Where that could take it outside there are looks in between, until what is unseen is 1e-6 m.
    """
    path, end = path_of(trajectory, start), float(trajectory.times[-1])

    def outside(times: np.ndarray) -> np.ndarray:
        """(K,) s -> (K, 3) m beyond the box along each axis, negative inside."""
        tool = np.stack([kinematics.forward(joints).position for joints in path(times)])
        return np.maximum(limits.workspace_lower - tool, tool - limits.workspace_upper)

    times = np.linspace(0.0, end, int(np.ceil(end / COARSE)) + 1)
    beyond = outside(times)
    while True:
        row, axis, stray = worst_stray(beyond.clip(min=0.0))
        if stray > 0.0:
            return _told(path(times[[row]])[0], axis, float(times[row]), float(beyond[row, axis]), limits, kinematics)
        apart = np.diff(times)
        unseen = ACCELERATION * apart**2 / 8.0
        nearest = np.maximum(beyond[1:], beyond[:-1]).max(axis=1)
        unsure = np.flatnonzero((nearest > -unseen) & (apart > FINE))
        if not len(unsure):
            return None
        between = (times[unsure, None] + apart[unsure, None] * QUARTERS).ravel()
        rows = np.repeat(unsure + 1, len(QUARTERS))
        times, beyond = np.insert(times, rows, between), np.insert(beyond, rows, outside(between), axis=0)


def _told(
    joints: np.ndarray, axis: int, time: float, excess: float, limits: ArmLimits, kinematics: Kinematics
) -> Violation:
    text = (
        f"tool {'xyz'[axis]} = {kinematics.forward(joints).position[axis]:.3f} m is outside the workspace "
        f"[{limits.workspace_lower[axis]:g}, {limits.workspace_upper[axis]:g}] m at {time:.3f} s"
    )
    return Violation("workspace", text, time, excess=excess)
