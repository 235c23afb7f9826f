"""Refuses goals that cannot be meant, before anything moves."""

from __future__ import annotations

import numpy as np

from wm_core.config import ObstacleConfig
from wm_core.types import Focus, Goal, Handling
from wm_ros.planner_tools import PlannerTools


class GoalError(ValueError):
    """The goal is refused; the text names the part, its value and what was expected."""


def check_goal(goal: Goal, tools: PlannerTools) -> None:
    """Raises `GoalError`."""
    if goal.image is not None and tools.world_model is None:
        raise GoalError("goal image: the planner runs without a world model (model is 'none'); expected a pose or joints")
    _check_pictures(goal, tools.views)
    if goal.image is not None and goal.focus is Focus.OBJECT and not tools.objects:
        raise GoalError("goal focus is the object, and the model was not trained with objects; expected FOCUS_SCENE")
    if goal.object_position is not None:
        _check_object(goal.object_position, tools)
    if goal.handling is Handling.LIFT:
        _check_lift(tools)
    if goal.joints is not None:
        _check_joints(goal.joints, tools)
    if goal.pose is not None:
        limits = tools.limits
        _check_box("goal pose", goal.pose.position, limits.workspace_lower, limits.workspace_upper)
        _check_free("goal pose", goal.pose.position, tools.obstacles)


def _check_pictures(goal: Goal, cameras: int) -> None:
    others = len(goal.other_views)
    if goal.image is None and others:
        raise GoalError(f"goal has {_several(others, 'picture')} in other_views and no image; expected none without an image")
    if goal.image is not None and 1 + others != cameras:
        raise GoalError(
            f"goal has {_several(1 + others, 'picture')}, and the model was trained with {_several(cameras, 'camera')}: "
            f"expected an image and {cameras - 1} in other_views"
        )


def _check_object(position: np.ndarray, tools: PlannerTools) -> None:
    if tools.world_model is None:
        raise GoalError("goal object position: the planner runs without a world model (model is 'none'); expected a pose or joints")
    if not tools.objects:
        raise GoalError("goal object position: the model was not trained with objects; expected an image, a pose or joints")
    low, high = tools.limits.workspace_lower, tools.limits.workspace_upper
    # An object on the table has its centre below what the tool is allowed: how low it may be is not asked.
    _check_box("goal object position", position, np.array([*low[:2], -np.inf]), high)
    _check_free("goal object position", position, tools.obstacles)


def _check_lift(tools: PlannerTools) -> None:
    if tools.gripper is None:
        raise GoalError("goal handling is HANDLING_LIFT, and the model commands no gripper; expected HANDLING_ANY")
    if not tools.makes_goals:
        raise GoalError("goal handling is HANDLING_LIFT, and the model makes no goals of its own; expected HANDLING_ANY")


def _check_joints(joints: np.ndarray, tools: PlannerTools) -> None:
    limits = tools.limits
    for name, value, low, high in zip(limits.names, joints, limits.lower, limits.upper):
        if not low <= value <= high:
            raise GoalError(f"goal joint '{name}' is {value:.3f} rad, expected {low:.3f} to {high:.3f} rad")
    tool = tools.kinematics.forward(joints).position
    _check_box("goal joints put the tool", tool, limits.workspace_lower, limits.workspace_upper)
    _check_free("goal joints put the tool", tool, tools.obstacles)


def _check_box(what: str, position: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    if not ((position >= low) & (position <= high)).all():
        raise GoalError(
            f"{what} at {_rounded(position)} m is outside the workspace, expected x, y, z between {low.tolist()} and {high.tolist()}"
        )


def _check_free(what: str, position: np.ndarray, obstacles: tuple[ObstacleConfig, ...]) -> None:
    for box in obstacles:
        if ((position > box.lower) & (position < box.upper)).all():
            raise GoalError(
                f"{what} at {_rounded(position)} m is inside the declared obstacle '{box.name}', from {list(box.lower)} to {list(box.upper)}"
            )


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _rounded(position: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in position]
