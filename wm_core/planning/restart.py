"""What a plan has to do with an arm that stands while an object is not where its picture shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.standstill import looks_far, watch, way_out
from wm_core.planning.task import Task
from wm_core.protocols import WorldModel
from wm_core.types import Focus, Standing

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import UrdfArm


@dataclass(frozen=True, eq=False)
class Leaving:
    """standing: for the next plan, None where nobody watches. horizon: steps of this plan. led: (K, A), what it begins with."""

    standing: Standing | None
    horizon: int
    led: Tensor


class Restart:
    """Of one planner; what is known from plan to plan is handed in."""

    def __init__(
        self,
        config: PlannerConfig,
        kinematics: BatchedKinematics,
        arm: UrdfArm,
        world_model: WorldModel | None,
        step: float,
        among_obstacles: bool,
    ) -> None:
        """step: s. among_obstacles: then no way is led, because nobody looked whether one stands there."""
        self._config, self._kinematics, self._arm, self._world_model = config, kinematics, arm, world_model
        self._step, self._among_obstacles = step, among_obstacles

    def look(
        self, task: Task, seen: Tensor | None, known: Standing | None, place: np.ndarray, stamp: float, generator: torch.Generator
    ) -> Leaving:
        """seen: (*latent) now. known: as of the last plan. place: (J,) rad, where the plan starts; stamp: s, of what is seen."""
        config = self._config.standstill
        standing = self._watch(task, seen, known, place, stamp, generator)
        far = looks_far(config, standing, stamp)
        horizon = max(self._config.horizon, config.horizon) if far else self._config.horizon
        if task.made is not None and task.made.led is not None:
            return Leaving(standing, horizon, task.made.led)
        ways = way_out(config, standing, stamp, self._step)[: 0 if self._among_obstacles else horizon]
        return Leaving(standing, horizon, self._kinematics.tensor(ways[:, : task.space.dimension]))

    def _watch(
        self, task: Task, seen: Tensor | None, known: Standing | None, place: np.ndarray, stamp: float, generator: torch.Generator
    ) -> Standing | None:
        config, about = self._config.standstill, task.focus
        # Where the goal shows the arm as well, standing may be the whole of what is wanted.
        if config.patience == 0.0 or seen is None or task.encoded is None or not task.tool or about is not Focus.OBJECT:
            return None
        missing = float(self._world_model.goal_distance(seen, task.encoded, about))
        return watch(config, known, self._arm.forward(place).position, stamp, missing, generator)
