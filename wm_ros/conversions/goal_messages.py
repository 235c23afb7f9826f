"""PlanToGoal, the action that goals are told by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Mapping, Sequence, TypeVar

import numpy as np
from sensor_msgs.msg import Image
from wm_interfaces.action import PlanToGoal

from wm_core.types import Focus, Goal, Handling
from wm_ros.conversions.errors import ConversionError
from wm_ros.conversions.images import array_to_image, image_to_array
from wm_ros.conversions.joints import joint_state_from_message, joint_state_to_message
from wm_ros.conversions.points import point_from_message, point_to_message
from wm_ros.conversions.poses import pose_from_message, pose_to_message
from wm_ros.conversions.times import seconds_to_duration, time_to_seconds
from wm_ros.outcome import Code, Outcome, Progress

_FOCUS = {Focus.SCENE: PlanToGoal.Goal.FOCUS_SCENE, Focus.OBJECT: PlanToGoal.Goal.FOCUS_OBJECT}
_HANDLING = {Handling.ANY: PlanToGoal.Goal.HANDLING_ANY, Handling.LIFT: PlanToGoal.Goal.HANDLING_LIFT}
_Choice = TypeVar("_Choice", bound=Enum)


@dataclass(frozen=True)
class GoalDefaults:
    """What a goal means where it says 0: m, rad, rad, s. frame_id: the base frame that poses are in."""

    position_tolerance: float
    orientation_tolerance: float
    joint_tolerance: float
    time_limit: float
    frame_id: str


def goal_from_action(
    message: PlanToGoal.Goal, joint_names: Sequence[str], defaults: GoalDefaults
) -> tuple[Goal, float]:
    """-> the goal and its time limit in s. Raises `ConversionError`."""
    image = image_to_array(message.image).copy() if len(message.image.data) else None
    pose = pose_from_message(message.pose, defaults.frame_id) if message.use_pose else None
    joints = None
    if message.joints.name:
        joints = joint_state_from_message(message.joints, joint_names, source="goal joints").position
    place = point_from_message(message.object_position, "goal object_position") if message.use_object_position else None
    if all(part is None for part in (image, pose, joints, place)):
        raise ConversionError(
            "goal is empty: expected an image with data, use_pose with a pose, joints with names, or use_object_position with a position"
        )
    parts = {
        "image": image,
        "other_views": tuple(_view(number, view) for number, view in enumerate(message.other_views)),
        "pose": pose,
        "joints": joints,
        "object_position": place,
        "focus": _choice("focus", message.focus, _FOCUS),
        "handling": _choice("handling", message.handling, _HANDLING),
    }
    tolerances = {
        field: _or_default(field, getattr(message, field), getattr(defaults, field))
        for field in ("position_tolerance", "orientation_tolerance", "joint_tolerance")
    }
    time_limit = _or_default("time_limit", time_to_seconds(message.time_limit), defaults.time_limit)
    try:
        return Goal(**parts, **tolerances), time_limit
    except ValueError as error:  # parts that contradict each other
        raise ConversionError(str(error)) from error


def goal_to_action(goal: Goal, joint_names: Sequence[str], frame_id: str, time_limit: float) -> PlanToGoal.Goal:
    """time_limit: s, 0 for the node's default. Raises `ConversionError` for pictures that are none."""
    message = PlanToGoal.Goal(time_limit=seconds_to_duration(time_limit))
    message.other_views = [array_to_image(view, 0.0, "") for view in goal.other_views]
    if goal.image is not None:
        message.image = array_to_image(goal.image, 0.0, "")
        message.focus = _FOCUS[goal.focus]
    if goal.pose is not None:
        message.use_pose = True
        message.pose = pose_to_message(goal.pose, 0.0, frame_id)
    if goal.joints is not None:
        message.joints = joint_state_to_message(joint_names, goal.joints, [], 0.0)
    if goal.object_position is not None:
        message.use_object_position = True
        message.object_position = point_to_message(goal.object_position)
    message.handling = _HANDLING[goal.handling]
    message.position_tolerance = goal.position_tolerance
    message.orientation_tolerance = goal.orientation_tolerance
    message.joint_tolerance = goal.joint_tolerance
    return message


def result_message(outcome: Outcome) -> PlanToGoal.Result:
    """The end of a goal, for its client."""
    return PlanToGoal.Result(code=int(outcome.code), message=outcome.message, final_error=float(outcome.final_error))


def outcome_from_result(message: PlanToGoal.Result) -> Outcome:
    """What a client is told in the end."""
    return Outcome(Code(message.code), message.message, message.final_error)


def progress_from_feedback(message: PlanToGoal.Feedback) -> Progress:
    """What a client is told on the way."""
    return Progress(message.distance, message.latent_cost, message.plan_ms, message.state, message.phase)


def feedback_message(progress: Progress) -> PlanToGoal.Feedback:
    """One period of a goal, for its client."""
    return PlanToGoal.Feedback(
        distance=float(progress.distance),
        latent_cost=float(progress.latent_cost),
        plan_ms=float(progress.plan_ms),
        state=progress.state,
        phase=progress.phase,
    )


def _view(number: int, view: Image) -> np.ndarray:
    try:
        return image_to_array(view).copy()
    except ConversionError as error:
        raise ConversionError(f"goal other_views[{number}]: {error}") from error


def _choice(field: str, value: int, numbers: Mapping[_Choice, int]) -> _Choice:
    for choice, number in numbers.items():
        if number == value:
            return choice
    raise ConversionError(f"goal {field} is {value}, expected one of: {', '.join(str(number) for number in numbers.values())}")


def _or_default(field: str, value: float, default: float) -> float:
    if not 0.0 <= value < float("inf"):
        raise ConversionError(f"goal {field} is {value}, expected a positive number, or 0 for {default}")
    return value if value > 0.0 else default
