"""What a planner is made of: the arm, its limits, the trained model and the search; loaded in configure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np

from wm_core.config import ConfigError
from wm_core.gripper import Gripper
from wm_core.kinematics.urdf_arm import KinematicsError
from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics, Planner, WorldModel
from wm_core.types import Goal, Observation
from wm_ros.gate_watch import GateWatch

if TYPE_CHECKING:
    from wm_core.evaluation.watch import Gate


class LoadError(Exception):
    """The planner cannot be built from its configuration; the text says what is wrong with what."""


@dataclass(frozen=True, eq=False)
class PlannerTools:
    """world_model: None where only pose and joint goals are served. deadline: s that one plan may take.

    reach: s that a plan looks ahead, None where that is not known.

    gripper: what the model commands, None for a model without one. objects: whether the model knows of any.
    gate: the model's, None where it has none or it is not asked. watches: whether it looks through a watch camera too.
    """

    name: str
    kinematics: Kinematics
    limits: ArmLimits
    planner: Planner
    world_model: WorldModel | None
    deadline: float
    gripper: Gripper | None = None
    objects: bool = False
    gate: Gate | None = None
    watches: bool = False
    reach: float | None = None

    @property
    def history(self) -> int:
        """Frames that the model sees."""
        return 1 if self.world_model is None else self.world_model.history

    @property
    def step(self) -> float:
        """s between those frames."""
        return 0.2 if self.world_model is None else self.world_model.step

    def tool_in_image(self, image: np.ndarray) -> np.ndarray | None:
        """image: (H, W, 3) -> (3,) m where the model reads the tool; None if the reading is not finite."""
        if self.world_model is None:
            return None
        position = np.asarray(self.world_model.tool_position(self.world_model.encode_goal(image)), dtype=float)
        return position if np.isfinite(position).all() else None

    def gate_watch(self, camera_period: float) -> GateWatch | None:
        """A fresh one, for a new goal. camera_period: s."""
        if self.gate is None or self.world_model is None:
            return None
        return GateWatch(self.gate, self.kinematics, self.step, self.world_model.action_dim, 0.5 * camera_period)

    def scene_reader(self, goal: Goal) -> SceneReader | None:
        """What measures a goal picture by all that it shows; None where the place of the tool says it all."""
        if goal.image is None or self.world_model is None or not (self.gripper or self.objects):
            return None
        return SceneReader(self.world_model, goal)


class SceneReader:
    """How far what is seen is from a goal picture, as the model sees it."""

    def __init__(self, world_model: WorldModel, goal: Goal) -> None:
        self._model, self._focus = world_model, goal.focus
        self._target = world_model.encode_goal(goal.image)

    def distance(self, observations: Sequence[Observation]) -> float:
        """observations: `history` of them, one model step apart -> m: the object's way alone, or those of all parts"""
        latent = self._model.encode(observations)
        return float(self._model.goal_distance(latent, self._target, self._focus))


def explain(error: Exception) -> str:
    """One line for a person, from whatever loading raised."""
    if isinstance(error, (ConfigError, KinematicsError, LoadError)):
        return str(error)
    return f"{type(error).__name__}: {error}"
