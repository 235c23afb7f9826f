"""Tool motion as an arm can do it: shared by the baselines that know where the tool shall go."""

from __future__ import annotations

import numpy as np

from wm_core.config import RobotConfig
from wm_core.kinematics.differential import step_towards
from wm_core.kinematics.urdf_arm import UnreachableError, UrdfArm
from wm_core.types import Pose


class Mover:
    """Steps of at most `max_step` m, inside the workspace, the tool in its working orientation."""

    def __init__(self, arm: UrdfArm, robot: RobotConfig, max_step: float) -> None:
        self.max_step = max_step
        self._arm, self._robot = arm, robot

    def tool(self, joints: np.ndarray) -> np.ndarray:
        """joints: (J,) rad -> (3,) m"""
        return self._arm.forward(joints).position

    def step(self, joints: np.ndarray, displacement: np.ndarray) -> np.ndarray:
        """displacement: (3,) m, shortened to the longest step -> (J,) rad one model step later."""
        length = float(np.linalg.norm(displacement))
        move = displacement * min(1.0, self.max_step / max(length, 1e-9))
        box = self._robot.workspace
        aim = Pose(np.clip(self.tool(joints) + move, box.lower, box.upper), np.array(self._robot.tool_orientation))
        try:
            return step_towards(self._arm, joints, aim, np.array(self._robot.home))
        except UnreachableError:  # a corner of the workspace that the arm does not reach with the tool down
            return joints
