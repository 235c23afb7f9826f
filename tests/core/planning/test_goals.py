"""Every bad goal is refused with the name of what is wrong."""

import numpy as np
import pytest

from wm_core.planning import GoalError, validate_goal
from wm_core.types import Focus, Goal, Handling, Pose

PICTURE = np.zeros((64, 64, 3), dtype=np.uint8)


def bad_joints(value):
    joints = np.array([0.0, -0.215, 0.0, -2.57, 0.0, 2.356, 0.785])
    joints[3] = value
    return Goal(joints=joints)


def test_good_goals(arm, robot, home):
    on_the_table = np.array([0.5, 0.2, 0.02])  # lower than the tool may go, and where a cube of 4 cm has its centre
    for goal in (
        Goal(image=PICTURE),
        Goal(image=PICTURE, other_views=(PICTURE,)),
        Goal(joints=home),
        Goal(pose=Pose(np.array([0.5, 0.2, 0.2]))),
        Goal(object_position=on_the_table),
        Goal(image=PICTURE, object_position=on_the_table),
    ):
        validate_goal(goal, arm, robot)
    assert on_the_table[2] == 0.02


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (dict(pose=Pose(np.zeros(3))), "told as pose"),
        (dict(image=PICTURE), "told as image, about the scene"),
        (dict(image=PICTURE, focus=Focus.OBJECT, joints=np.zeros(7)), r"told as image\+joints"),
    ],
)
def test_only_an_object_can_be_lifted(told, says):
    with pytest.raises(ValueError, match=says):
        Goal(handling=Handling.LIFT, **told)
    Goal(handling=Handling.LIFT, image=PICTURE, focus=Focus.OBJECT)
    Goal(handling=Handling.LIFT, object_position=np.zeros(3))


def test_an_empty_goal_cannot_be_made():
    with pytest.raises(ValueError, match="goal is empty"):
        Goal()


@pytest.mark.parametrize(
    ("goal", "says"),
    [
        (bad_joints(np.nan), "joints .* not finite"),
        (bad_joints(0.5), r"'panda_joint4' is 0.500 rad: expected -\d"),
        (Goal(joints=np.zeros(6)), r"shape \(6,\): expected \(7,\)"),
        (Goal(joints=np.array([0.0, 0.0, 0.0, -0.1, 0.0, 0.1, 0.0])), "outside the workspace"),
        (Goal(pose=Pose(np.array([np.nan, 0.0, 0.2]))), "position .* not finite"),
        (Goal(pose=Pose(np.array([0.5, 0.0, 0.9]))), r"z = 0.900 m, expected 0.03 to 0.6 m"),
        (Goal(pose=Pose(np.array([0.75, 0.4, 0.6]))), "unreachable: no joint position"),
        (Goal(pose=Pose(np.array([0.5, 0.0, 0.2]), np.zeros(4))), "unit quaternion"),
        (Goal(pose=Pose(np.array([0.5, 0.0]))), r"position has shape \(2,\)"),
        (Goal(image=PICTURE[..., 0]), r"shape \(64, 64\)"),
        (Goal(image=PICTURE.astype(float)), "float64: expected uint8"),
        (Goal(image=PICTURE[:4]), "at least 16"),
        (Goal(image=PICTURE, other_views=(PICTURE, PICTURE[..., 0])), r"shape \(64, 64\)"),
        (Goal(joints=np.array([0.0, -0.215, 0.0, -2.57, 0.0, 2.356, 0.785]), other_views=(PICTURE,)), "without an image"),
        (Goal(object_position=np.array([0.5, np.inf, 0.02])), "object_position .* not finite"),
        (Goal(object_position=np.array([0.5, 0.0])), r"object_position has shape \(2,\)"),
        (Goal(object_position=np.array([1.5, 0.0, 0.02])), r"object position .* x = 1.500 m"),
        (Goal(image=PICTURE, position_tolerance=0.0), "position_tolerance is 0.0"),
    ],
)
def test_bad_goals(arm, robot, goal, says):
    with pytest.raises(GoalError, match=says):
        validate_goal(goal, arm, robot)
