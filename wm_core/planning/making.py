"""Makes the goal of every plan where none was told as a picture of just that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from wm_core.config import HandlingConfig, RobotConfig
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.bounds import LIMIT_MARGIN
from wm_core.planning.lifting import Lifting, Readings
from wm_core.planning.made_goal import GoalMaker, MadeGoal, object_goal
from wm_core.planning.task import Task
from wm_core.types import Focus, Handled, Handling, Observation


class GoalMaking:
    """Of one planner; what is known from plan to plan is handed in.

    A goal is made anew for every plan, of the way that is left: place minus the probe's reading of now. A constant between
    places and the metric's readings, kept from the first moment, would spare the probe; but the probe reads an object
    to half a centimetre wherever the hand is, and the metric with such a constant to 1.2 to 1.6 cm.
    """

    def __init__(
        self, config: HandlingConfig, kinematics: BatchedKinematics, robot: RobotConfig, world_model: GoalMaker
    ) -> None:
        self._kinematics, self._world_model = kinematics, world_model
        opening = 0.0 if robot.gripper is None else robot.gripper.opening
        self._lifting = Lifting(config, robot.workspace.lower[2] + LIMIT_MARGIN, opening)

    def make(self, task: Task, observations: Sequence[Observation], seen: Tensor, known: Handled | None) -> MadeGoal:
        """task: with a place. seen: (*latent) of the observations. known: as of the last plan, None before the first."""
        model = self._world_model
        if task.goal.handling is not Handling.LIFT:
            return object_goal(model, seen, task.place)
        now, place = self._read(observations, seen), _array(task.place)
        handled = self._lifting.follow(known, now, place, task.goal.position_tolerance, observations[-1].stamp)
        wanted = self._lifting.wanted(handled.phase, now, place)
        part, tool = self._kinematics.tensor(wanted.part), self._kinematics.tensor(wanted.tool)
        goal = model.goal_at(seen, part, tool, wanted.opening)
        led = np.array([[0.0, 0.0, 0.0, wanted.command]])[: abs(wanted.command)]
        tensor = self._kinematics.tensor
        return MadeGoal(goal, Focus.SCENE, handled, tensor(now.tool + wanted.tool), tensor(led))

    def _read(self, observations: Sequence[Observation], seen: Tensor) -> Readings:
        # A model that sees one moment only takes its fingers to stand.
        before, newest = observations[0], observations[-1]
        tool, _ = self._kinematics.forward(self._kinematics.tensor(newest.joints.position))
        part = _array(self._world_model.object_position(seen))
        return Readings(_array(tool), part, newest.gripper, newest.gripper - before.gripper)


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy().astype(float)
