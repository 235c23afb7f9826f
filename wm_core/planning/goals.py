"""Refuses goals that cannot be reached, before anything moves."""

from __future__ import annotations

import numpy as np

from wm_core.config import RobotConfig
from wm_core.protocols import Kinematics
from wm_core.types import Goal, Pose

SMALLEST_IMAGE = 16  # px


class GoalError(ValueError):
    """The goal is refused; the message names the part, its value and what was expected."""


def validate_goal(goal: Goal, kinematics: Kinematics, robot: RobotConfig) -> None:
    """Checks every part that is present. Raises `GoalError`."""
    _check_tolerances(goal)
    if goal.image is not None:
        _check_image(goal.image)
    elif goal.other_views:
        raise GoalError(f"goal has {len(goal.other_views)} other views: expected none without an image")
    for view in goal.other_views:
        _check_image(view)
    if goal.joints is not None:
        _check_joints(goal.joints, kinematics, robot)
    if goal.pose is not None:
        _check_pose(goal.pose, kinematics, robot)
    if goal.object_position is not None:
        _check_object(goal.object_position, robot)


def _check_tolerances(goal: Goal) -> None:
    for name in ("position_tolerance", "orientation_tolerance", "joint_tolerance"):
        value = getattr(goal, name)
        if not (np.isfinite(value) and value > 0.0):
            raise GoalError(f"goal {name} is {value}: expected a positive number")


def _check_image(image: np.ndarray) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise GoalError(f"goal image is of type {kind}: expected uint8")
    if image.ndim != 3 or image.shape[2] != 3 or min(image.shape[:2]) < SMALLEST_IMAGE:
        least = f"{SMALLEST_IMAGE} x {SMALLEST_IMAGE}"
        raise GoalError(f"goal image has shape {image.shape}: expected (H, W, 3) RGB of at least {least}")


def _check_joints(joints: np.ndarray, kinematics: Kinematics, robot: RobotConfig) -> None:
    joints = _vector("joints", joints, len(robot.joint_names))
    for name, value, low, high in zip(robot.joint_names, joints, kinematics.lower, kinematics.upper):
        if not low <= value <= high:
            raise GoalError(f"goal joint '{name}' is {value:.3f} rad: expected {low:.3f} to {high:.3f} rad")
    _check_workspace(kinematics.forward(joints).position, robot, "goal joints bring the tool to")


def _check_pose(pose: Pose, kinematics: Kinematics, robot: RobotConfig) -> None:
    position = _vector("position", pose.position, 3)
    _check_workspace(position, robot, "goal position is")
    orientation = np.array(robot.tool_orientation)  # what the planner holds when the goal does not say
    if pose.orientation is not None:
        orientation = _vector("orientation", pose.orientation, 4)
        length = float(np.linalg.norm(orientation))
        if abs(length - 1.0) > 1e-2:
            raise GoalError(
                f"goal orientation {orientation.tolist()} has length {length:.3f}: expected a unit quaternion"
            )
        orientation = orientation / length
    try:
        kinematics.inverse(Pose(position, orientation), np.array(robot.home))
    except ValueError as error:
        raise GoalError(f"goal pose is unreachable: {error}") from error


def _check_object(position: np.ndarray, robot: RobotConfig) -> None:
    position = _vector("object_position", position, 3).copy()
    # An object on the table has its centre below what the tool is allowed: how low it may be is not asked.
    position[2] = max(position[2], robot.workspace.lower[2])
    _check_workspace(position, robot, "goal object position is")


def _check_workspace(position: np.ndarray, robot: RobotConfig, what: str) -> None:
    box = robot.workspace
    for axis, value, low, high in zip("xyz", position, box.lower, box.upper):
        if not low <= value <= high:
            raise GoalError(
                f"{what} {np.round(position, 3).tolist()} m, outside the workspace: "
                f"{axis} = {value:.3f} m, expected {low} to {high} m"
            )


def _vector(name: str, values: np.ndarray, size: int) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != (size,):
        raise GoalError(f"goal {name} has shape {values.shape}: expected ({size},)")
    if not np.isfinite(values).all():
        raise GoalError(f"goal {name} {values.tolist()} is not finite")
    return values
