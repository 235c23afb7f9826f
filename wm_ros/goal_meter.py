"""How far the arm is from a goal, from what is measured. The simulator's truth has no way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Sequence

import numpy as np

from wm_core.protocols import Kinematics
from wm_core.types import Goal, Observation


class SceneDistance(Protocol):
    """Measures a goal picture by more than where the tool is."""

    def distance(self, observations: Sequence[Observation]) -> float:
        """m, as the model sees it"""


@dataclass(frozen=True)
class Reading:
    """distance: m to an image or pose goal, largest joint error in rad otherwise; within: every tolerance is met."""

    distance: float
    within: bool


class GoalMeter:
    """Measures one goal."""

    def __init__(
        self, goal: Goal, kinematics: Kinematics, image_target: np.ndarray | None, scene: SceneDistance | None = None
    ) -> None:
        """image_target: (3,) m, where the model reads the tool in the goal image; None without one.

        scene: for a goal image that is about more than the tool; it is then what counts.
        """
        self._goal = goal
        self._kinematics = kinematics
        self._image_target = None if scene is not None else image_target
        self._scene = scene

    def read(self, joints: np.ndarray, observations: Sequence[Observation] = ()) -> Reading:
        """joints: (J,) rad, measured. observations: what the model sees; none of them, and a scene is not measured."""
        goal = self._goal
        tool = self._kinematics.forward(joints)
        distances, within = [], []
        for target in (None if goal.pose is None else goal.pose.position, self._image_target):
            if target is not None:
                distances.append(float(np.linalg.norm(tool.position - target)))
                within.append(distances[-1] <= goal.position_tolerance)
        if self._scene is not None:
            distances.append(self._scene.distance(observations) if observations else float("nan"))
            within.append(distances[-1] <= goal.position_tolerance)
        if goal.pose is not None and goal.pose.orientation is not None:
            within.append(_angle(tool.orientation, goal.pose.orientation) <= goal.orientation_tolerance)
        if goal.joints is not None:
            error = float(np.abs(joints - goal.joints).max())
            within.append(error <= goal.joint_tolerance)
            distances.append(error)
        return Reading(distances[0] if distances else float("nan"), bool(within) and all(within))


def _angle(first: np.ndarray, second: np.ndarray) -> float:
    """Angle between two unit quaternions, rad; q and -q are the same turn."""
    return float(2.0 * np.arccos(np.clip(abs(np.dot(first, second)), 0.0, 1.0)))
