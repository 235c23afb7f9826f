"""PlanToGoal, the action that goals are told by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from wm_interfaces.action import PlanToGoal

from wm_core.types import Focus, Goal
from wm_ros.conversions.errors import ConversionError
from wm_ros.conversions.images import array_to_image, image_to_array
from wm_ros.conversions.joints import joint_state_from_message, joint_state_to_message
from wm_ros.conversions.poses import pose_from_message, pose_to_message
from wm_ros.conversions.times import seconds_to_duration, time_to_seconds
from wm_ros.outcome import Code, Outcome, Progress

_FOCUS = {Focus.SCENE: PlanToGoal.Goal.FOCUS_SCENE, Focus.OBJECT: PlanToGoal.Goal.FOCUS_OBJECT}


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
    if image is None and pose is None and joints is None:
        raise ConversionError("goal is empty: expected an image with data, use_pose with a pose, or joints with names")
    goal = Goal(
        image=image,
        pose=pose,
        joints=joints,
        position_tolerance=_or_default("position_tolerance", message.position_tolerance, defaults.position_tolerance),
        orientation_tolerance=_or_default(
            "orientation_tolerance", message.orientation_tolerance, defaults.orientation_tolerance
        ),
        joint_tolerance=_or_default("joint_tolerance", message.joint_tolerance, defaults.joint_tolerance),
        focus=_focus(message.focus),
    )
    return goal, _or_default("time_limit", time_to_seconds(message.time_limit), defaults.time_limit)


def goal_to_action(goal: Goal, joint_names: Sequence[str], frame_id: str, time_limit: float) -> PlanToGoal.Goal:
    """time_limit: s, 0 for the node's default."""
    message = PlanToGoal.Goal(time_limit=seconds_to_duration(time_limit))
    if goal.image is not None:
        message.image = array_to_image(goal.image, 0.0, "")
        message.focus = _FOCUS[goal.focus]
    if goal.pose is not None:
        message.use_pose = True
        message.pose = pose_to_message(goal.pose, 0.0, frame_id)
    if goal.joints is not None:
        message.joints = joint_state_to_message(joint_names, goal.joints, [], 0.0)
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
    return Progress(message.distance, message.latent_cost, message.plan_ms, message.state)


def feedback_message(progress: Progress) -> PlanToGoal.Feedback:
    """One period of a goal, for its client."""
    return PlanToGoal.Feedback(
        distance=float(progress.distance),
        latent_cost=float(progress.latent_cost),
        plan_ms=float(progress.plan_ms),
        state=progress.state,
    )


def _focus(value: int) -> Focus:
    for focus, number in _FOCUS.items():
        if number == value:
            return focus
    raise ConversionError(f"goal focus is {value}, expected one of: {', '.join(str(number) for number in _FOCUS.values())}")


def _or_default(field: str, value: float, default: float) -> float:
    if not 0.0 <= value < float("inf"):
        raise ConversionError(f"goal {field} is {value}, expected a positive number, or 0 for {default}")
    return value if value > 0.0 else default
