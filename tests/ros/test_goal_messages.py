"""Goals <-> the action PlanToGoal: what is sent is what is planned for, and what cannot be meant is refused with its reason."""

import numpy as np
import pytest
from geometry_msgs.msg import Point
from wm_interfaces.action import PlanToGoal

from wm_core.types import Focus, Goal, Handling
from wm_ros.conversions import ConversionError
from wm_ros.conversions.goal_messages import (
    GoalDefaults,
    feedback_message,
    goal_from_action,
    goal_to_action,
    progress_from_feedback,
)
from wm_ros.outcome import Progress

PLACE = np.array([0.5, -0.1, 0.023])
PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
DEFAULTS = GoalDefaults(0.03, 0.2, 0.03, 30.0, "")


def sent(goal):
    return goal_to_action(goal, ["joint"], "", 0.0)


def received(message):
    return goal_from_action(message, ["joint"], DEFAULTS)[0]


def test_an_object_position_arrives_with_how_it_is_to_get_there():
    goal = received(sent(Goal(object_position=PLACE, handling=Handling.LIFT, position_tolerance=0.02)))
    assert goal.object_position.tolist() == PLACE.tolist()
    assert (goal.kind, goal.handling, goal.position_tolerance) == ("object", Handling.LIFT, 0.02)


def test_a_picture_of_an_object_to_be_lifted_arrives_as_that():
    goal = received(sent(Goal(image=PICTURE, focus=Focus.OBJECT, handling=Handling.LIFT)))
    assert (goal.image == PICTURE).all() and goal.object_position is None
    assert (goal.focus, goal.handling) == (Focus.OBJECT, Handling.LIFT)


def test_a_client_that_says_nothing_of_objects_asks_for_nothing_of_them():
    message = PlanToGoal.Goal()
    message.joints.name, message.joints.position = ["joint"], [0.1]
    goal = received(message)
    assert (goal.object_position, goal.focus, goal.handling) == (None, Focus.SCENE, Handling.ANY)


def object_message(**fields):
    return PlanToGoal.Goal(use_object_position=True, object_position=Point(x=0.5, y=0.0, z=0.02), **fields)


def lifted_and_posed():
    message = object_message(handling=PlanToGoal.Goal.HANDLING_LIFT)
    message.joints.name, message.joints.position = ["joint"], [0.1]
    return message


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (PlanToGoal.Goal(), "goal is empty: expected .* or use_object_position with a position"),
        (PlanToGoal.Goal(handling=1), "goal is empty"),
        (PlanToGoal.Goal(use_object_position=True, object_position=Point(x=np.nan)), r"object_position is \[nan, 0.0, 0.0\], expected finite"),
        (object_message(handling=2), "goal handling is 2, expected one of: 0, 1"),
        (object_message(focus=9), "goal focus is 9, expected one of: 0, 1"),
        (lifted_and_posed(), r"to be lifted and told as joints\+object.*: expected an object position or one image about the object"),
        (sent(Goal(object_position=PLACE, position_tolerance=-1.0)), "goal position_tolerance is -1.0, expected a positive number"),
    ],
)
def test_a_goal_that_cannot_be_meant_names_what_is_wrong(message, text):
    with pytest.raises(ConversionError, match=text):
        received(message)


def test_pictures_of_further_cameras_arrive_in_order():
    others = PICTURE + 1, PICTURE + 2
    goal = received(sent(Goal(image=PICTURE, other_views=others)))
    assert (goal.image == PICTURE).all() and len(goal.other_views) == 2
    assert all((there == here).all() for there, here in zip(goal.other_views, others))


def test_a_client_is_told_the_phase():
    progress = Progress(0.12, 3.0, 40.0, "planning", "carry")
    assert progress_from_feedback(feedback_message(progress)) == progress
