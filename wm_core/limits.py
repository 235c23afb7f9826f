"""The hard limits of one arm, from its URDF and its YAML together. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.config import ConfigError, RobotConfig
from wm_core.protocols import Kinematics


@dataclass(frozen=True, eq=False)
class ArmLimits:
    """Every array is (J,) in the order of `names`: rad, rad/s, rad/s^2, rad/s^3; the workspace box (3,) m."""

    names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray
    workspace_lower: np.ndarray
    workspace_upper: np.ndarray


def arm_limits(robot: RobotConfig, kinematics: Kinematics) -> ArmLimits:
    """Positions from the URDF, velocity the tighter of URDF and YAML, the rest from the YAML.

    Raises `ConfigError` where the two name different joints.
    """
    if tuple(kinematics.joint_names) != tuple(robot.joint_names):
        raise ConfigError(
            f"robot '{robot.name}': joint_names {list(robot.joint_names)} differ from those of the kinematics "
            f"{list(kinematics.joint_names)}"
        )
    return ArmLimits(
        names=tuple(robot.joint_names),
        lower=np.array(kinematics.lower, dtype=float),
        upper=np.array(kinematics.upper, dtype=float),
        velocity=np.minimum(kinematics.velocity, robot.limits.velocity),
        acceleration=np.array(robot.limits.acceleration, dtype=float),
        jerk=np.array(robot.limits.jerk, dtype=float),
        workspace_lower=np.array(robot.workspace.lower, dtype=float),
        workspace_upper=np.array(robot.workspace.upper, dtype=float),
    )
