"""Builds what the guard judges arm motion by."""

from __future__ import annotations

from wm_core.config import RobotConfig, load_obstacles
from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.limits import arm_limits
from wm_core.safety import Body, Clearance, TrajectoryFilter
from wm_ros.guard_parameters import GuardParameters


def load_judge(robot: RobotConfig, arm: UrdfArm, parameters: GuardParameters) -> TrajectoryFilter:
    """The filter, with the declared obstacles where there are any. Raises `ConfigError` or `KinematicsError`."""
    limits, config = arm_limits(robot, arm), parameters.safety()
    obstacles = load_obstacles(parameters.obstacles)
    clearance = Clearance(Body(robot, arm.chain()), obstacles, limits, config.clearance) if obstacles else None
    return TrajectoryFilter(limits, arm, config, clearance)
