"""What a planner is made of: the arm, its limits, the trained model and the search; loaded in configure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wm_core.config import ConfigError, ObstacleConfig
from wm_core.gripper import Gripper
from wm_core.kinematics.urdf_arm import KinematicsError
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics, Planner, WorldModel
from wm_core.safety import Clearance
from wm_core.types import Goal, Handling
from wm_ros.gate_watch import GateWatch
from wm_ros.goal_meter import GoalMeter, SeenDistance
from wm_ros.seen_distances import PlaceDistance, SceneDistance

if TYPE_CHECKING:
    from torch import Tensor

    from wm_core.evaluation.watch import Gate


BLIND_STEP = 0.2  # s that one action takes where there is no model to say


class LoadError(Exception):
    """The planner cannot be built from its configuration; the text says what is wrong with what."""


@dataclass(frozen=True, eq=False)
class PlannerTools:
    """world_model: None where only pose and joint goals are served. deadline: s that one plan may take.

    reach: s that a plan looks ahead, None where that is not known. obstacles: what the planner keeps clear of;
    clearance: what tells whether a motion does, None without any. seed: of the first plan of every goal.
    doubts: what the robot file says that is hardly meant.

    gripper: what the model commands, None for a model without one. objects: whether the model knows of any.
    makes_goals: whether it makes goals that no picture shows, as lifting an object takes.
    gate: the model's, None where it has none or it is not asked. watches: whether it looks through a watch camera too.
    views: pictures of a moment that the model sees.
    """

    name: str
    kinematics: Kinematics
    limits: ArmLimits
    planner: Planner
    world_model: WorldModel | None
    deadline: float
    gripper: Gripper | None = None
    objects: bool = False
    makes_goals: bool = False
    gate: Gate | None = None
    watches: bool = False
    views: int = 1
    reach: float | None = None
    obstacles: tuple[ObstacleConfig, ...] = ()
    clearance: Clearance | None = None
    seed: int = 0
    doubts: tuple[str, ...] = ()

    @property
    def history(self) -> int:
        """Frames that the model sees."""
        return 1 if self.world_model is None else self.world_model.history

    @property
    def step(self) -> float:
        """s between those frames."""
        return BLIND_STEP if self.world_model is None else self.world_model.step

    @property
    def sees(self) -> bool:
        """Whether there is a model that needs a camera."""
        return self.world_model is not None

    @property
    def looks_twice(self) -> bool:
        """Whether there is a second camera, that the model sees with or its gate watches through."""
        return self.watches or self.views > 1

    def gate_watch(self, camera_period: float) -> GateWatch | None:
        """A fresh one, for a new goal. camera_period: s."""
        if self.gate is None or self.world_model is None:
            return None
        return GateWatch(self.gate, self.kinematics, self.step, self.world_model.action_dim, 0.5 * camera_period)

    def goal_meter(self, goal: Goal) -> GoalMeter:
        """What measures how far `goal` is: by the model where that can tell more than where the tool is."""
        seen = self._seen_distances(goal)
        target = self._tool_in(goal) if goal.image is not None and not seen else None
        return GoalMeter(goal, self.kinematics, target, seen)

    def _seen_distances(self, goal: Goal) -> list[SeenDistance]:
        model = self.world_model
        seen: list[SeenDistance] = []
        if goal.image is not None and goal.handling is Handling.LIFT:
            # Lifting goes by where the probe reads the object, in the picture too; so does its measure.
            seen.append(PlaceDistance(model, model.object_in(_encoded(model, goal)).cpu().numpy()))
        elif goal.image is not None and (self.gripper or self.objects):
            seen.append(SceneDistance(model, _encoded(model, goal), goal.focus))
        if goal.object_position is not None:
            seen.append(PlaceDistance(model, goal.object_position))
        return seen

    def _tool_in(self, goal: Goal) -> np.ndarray | None:
        """-> (3,) m where the model reads the tool in the goal's pictures; None if the reading is not finite."""
        position = np.asarray(self.world_model.tool_position(_encoded(self.world_model, goal)), dtype=float)
        return position if np.isfinite(position).all() else None


def _encoded(model: WorldModel, goal: Goal) -> Tensor:
    """-> (*goal), of all its pictures"""
    return model.encode_goal(goal.image, *goal.other_views)


def explain(error: Exception) -> str:
    """One line for a person, from whatever loading raised."""
    if isinstance(error, (ConfigError, KinematicsError, LoadError)):
        return str(error)
    return f"{type(error).__name__}: {error}"
