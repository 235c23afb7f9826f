"""One step of differential inverse kinematics with a null-space pull towards a posture."""

from __future__ import annotations

import numpy as np

from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.types import Pose


def step_towards(arm: UrdfArm, joints: np.ndarray, target: Pose, posture: np.ndarray, pull: float = 0.1) -> np.ndarray:
    """joints: (J,) rad -> (J,) rad that bring the tool to `target`, inside the position limits.

    `pull` is the share of the way to `posture` (J,) taken in the null space of the task, so that a redundant arm
    keeps one shape for one tool position instead of drifting with its history.
    """
    jacobian = arm.jacobian(joints)
    inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + 1e-4 * np.eye(6))
    leaning = joints + (np.eye(len(joints)) - inverse @ jacobian) @ (pull * (posture - joints))
    return arm.inverse(target, leaning)
