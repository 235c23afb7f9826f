"""Where a motion takes the tool out of its box."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.safety.bounds import BACKWARD, Violation, worst_stray
from wm_core.safety.closer import look_closer

COARSE = 0.02  # s between two looks at first
UNSEEN = 1e-6  # m that the tool may be farther out than at the looks; where it could be more there are looks in between
_POSTURES = 100  # that an arm's largest tool acceleration is looked for in
_SPARE = 1.5  # times the largest found


class ToolBox:
    """Judges motions whose derivatives keep the limits. Pure, as `TrajectoryFilter` is."""

    def __init__(self, limits: ArmLimits, kinematics: Kinematics) -> None:
        """Looks once for how fast the tool of this arm may accelerate."""
        self._limits, self._kinematics = limits, kinematics
        self._acceleration = _SPARE * _largest_acceleration(limits, kinematics)

    def violation(self, path: Callable[[np.ndarray], np.ndarray], end: float) -> Violation | None:
        """The worst tool position outside the box, from 0 to `end` s; a motion that begins outside may only come back.

        path: joint positions (K, J) rad at times (K,) s.
        Between two looks that are T s apart the tool is farther out than at both by a T^2 / 8 at most, where a is its
        acceleration. Where that could take it outside there are looks in between: to `UNSEEN` at a face, to `BACKWARD`,
        what it may stray there, on the way back from outside. All of that way to `UNSEEN` would take too long to be on time.
        """
        times = np.linspace(0.0, end, int(np.ceil(end / COARSE)) + 1)
        beyond = self._beyond(path(times))
        while True:
            row, axis, stray = worst_stray(beyond.clip(min=0.0))
            if stray > 0.0:
                return self._told(path(times[[row]])[0], axis, float(times[row]), float(beyond[row, axis]))
            apart = np.diff(times)
            unseen = self._acceleration * apart[:, None] ** 2 / 8.0
            nearest, farthest = np.maximum(beyond[1:], beyond[:-1]), np.minimum(beyond[1:], beyond[:-1])
            enough = np.where(farthest > 0.0, BACKWARD, UNSEEN)
            unsure = np.flatnonzero(((nearest > -unseen) & (unseen > enough)).any(axis=1))
            if not len(unsure):
                return None
            times, beyond = look_closer(times, beyond, unsure, lambda between: self._beyond(path(between)))

    def _beyond(self, path: np.ndarray) -> np.ndarray:
        """path: (K, J) rad -> (K, 3) m that the tool is beyond the box along each axis, negative inside."""
        tool = np.stack([self._kinematics.forward(joints).position for joints in path])
        return np.maximum(self._limits.workspace_lower - tool, tool - self._limits.workspace_upper)

    def _told(self, joints: np.ndarray, axis: int, time: float, excess: float) -> Violation:
        lower, upper = self._limits.workspace_lower, self._limits.workspace_upper
        text = (
            f"tool {'xyz'[axis]} = {self._kinematics.forward(joints).position[axis]:.3f} m is outside the workspace "
            f"[{lower[axis]:g}, {upper[axis]:g}] m at {time:.3f} s"
        )
        return Violation("workspace", text, time, excess=excess)


def _largest_acceleration(limits: ArmLimits, kinematics: Kinematics) -> float:
    """m/s^2, over postures drawn within the joint limits: each joint at its limits, all levers adding up.

    With columns J_i of the Jacobian, m/rad: sum |J_i| a_i, and for what turns with the joints before it
    sum |J_i| v_i times sum v_i.
    """
    random, step = np.random.default_rng(0), 1e-4
    found = 0.0
    for joints in random.uniform(limits.lower, limits.upper, (_POSTURES, len(limits.names))):
        here = kinematics.forward(joints).position
        moved = np.stack([kinematics.forward(row).position for row in joints + step * np.eye(len(joints))])
        levers = np.linalg.norm(moved - here, axis=1) / step
        found = max(found, float(levers @ limits.acceleration + (levers @ limits.velocity) * limits.velocity.sum()))
    return found
