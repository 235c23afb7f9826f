"""Every bad goal is refused with the name of what is wrong."""

import numpy as np
import pytest

from wm_core.planning import GoalError, validate_goal
from wm_core.types import Goal, Pose

PICTURE = np.zeros((64, 64, 3), dtype=np.uint8)


def bad_joints(value):
    joints = np.array([0.0, -0.215, 0.0, -2.57, 0.0, 2.356, 0.785])
    joints[3] = value
    return Goal(joints=joints)


def test_good_goals(arm, robot, home):
    for goal in (Goal(image=PICTURE), Goal(joints=home), Goal(pose=Pose(np.array([0.5, 0.2, 0.2])))):
        validate_goal(goal, arm, robot)


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
        (Goal(image=PICTURE, position_tolerance=0.0), "position_tolerance is 0.0"),
    ],
)
def test_bad_goals(arm, robot, goal, says):
    with pytest.raises(GoalError, match=says):
        validate_goal(goal, arm, robot)
