"""How far the arm is from a goal, from what is measured. The simulator's truth has no way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Sequence

import numpy as np

from wm_core.protocols import Kinematics
from wm_core.turns import angle_between
from wm_core.types import Goal, Handled, Handling, Observation, Phase


class SeenDistance(Protocol):
    """Measures a part of a goal by what is seen."""

    def distance(self, observations: Sequence[Observation]) -> float:
        """m, as the model sees it"""


@dataclass(frozen=True)
class Reading:
    """distance: m, or the largest joint error in rad for a goal of joints alone. within: every tolerance is met, and an
    object that was to be lifted is let go. phase: that it is in, None for any other goal. turn: rad, left to turn; 0 where
    the goal does not say how the tool is turned.
    """

    distance: float
    within: bool
    phase: Phase | None = None
    turn: float = 0.0


class GoalMeter:
    """Measures one goal."""

    def __init__(
        self, goal: Goal, kinematics: Kinematics, image_target: np.ndarray | None, seen: Sequence[SeenDistance] = ()
    ) -> None:
        """image_target: (3,) m, where the model reads the tool in the goal image; None where that is not what counts.

        seen: of the parts that are about more than the tool.
        """
        self._goal = goal
        self._kinematics = kinematics
        self._image_target = image_target
        self._seen = tuple(seen)

    def read(
        self, joints: np.ndarray, observations: Sequence[Observation] = (), handled: Handled | None = None
    ) -> Reading:
        """joints: (J,) rad, measured. observations: what the model sees. handled: how far an object that is to be lifted
        has come, None before the first plan.
        """
        goal = self._goal
        tool = self._kinematics.forward(joints)
        distances, within = [], []
        for target in (None if goal.pose is None else goal.pose.position, self._image_target):
            if target is not None:
                distances.append(float(np.linalg.norm(tool.position - target)))
                within.append(distances[-1] <= goal.position_tolerance)
        for part in self._seen:
            distances.append(part.distance(observations))
            within.append(distances[-1] <= goal.position_tolerance)
        if goal.handling is Handling.LIFT:  # a part that is carried by is not there yet
            within.append(handled is not None and handled.away)
        turn = 0.0
        if goal.pose is not None and goal.pose.orientation is not None:
            turn = angle_between(tool.orientation, goal.pose.orientation)
            within.append(turn <= goal.orientation_tolerance)
        if goal.joints is not None:
            error = float(np.abs(joints - goal.joints).max())
            within.append(error <= goal.joint_tolerance)
            distances.append(error)
        phase = None if handled is None else handled.phase
        return Reading(distances[0] if distances else float("nan"), bool(within) and all(within), phase, turn)
