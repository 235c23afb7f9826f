"""What is evaluated: a planner, and the controls that make luck visible."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from wm_core.config import RobotConfig
from wm_core.kinematics.differential import step_towards
from wm_core.kinematics.urdf_arm import UnreachableError, UrdfArm
from wm_core.training.exploration import limit_norm
from wm_core.types import Goal, Observation, Pose


class Policy(Protocol):
    """Chooses the next joint target; never sees the simulator."""

    def start(self, goal: Goal, seed: int) -> None:
        """A new episode."""

    def act(self, observation: Observation) -> np.ndarray:
        """-> (J,) rad, where the joints shall be one model step later"""


class HoldPolicy:
    """Control: stays where it started."""

    def start(self, goal: Goal, seed: int) -> None:
        """Forgets the pose that it held."""
        self._held: np.ndarray | None = None

    def act(self, observation: Observation) -> np.ndarray:
        """-> (J,) rad of the first observation"""
        if self._held is None:
            self._held = observation.joints.position
        return self._held


class RandomPolicy:
    """Control: uniformly random tool displacements up to the longest action, kept in the workspace."""

    def __init__(self, arm: UrdfArm, robot: RobotConfig, max_step: float) -> None:
        self._arm, self._robot, self._max_step = arm, robot, max_step

    def start(self, goal: Goal, seed: int) -> None:
        """Draws from `seed` alone."""
        self._random = np.random.default_rng([seed, 5])

    def act(self, observation: Observation) -> np.ndarray:
        """-> (J,) rad"""
        here = self._arm.forward(observation.joints.position).position
        move = limit_norm(self._random.uniform(-self._max_step, self._max_step, 3), self._max_step)
        box = self._robot.workspace
        aim = Pose(np.clip(here + move, box.lower, box.upper), np.array(self._robot.tool_orientation))
        try:
            return step_towards(self._arm, observation.joints.position, aim, np.array(self._robot.home))
        except UnreachableError:  # a corner of the workspace that the arm does not reach with the tool down
            return observation.joints.position
