"""A robot file that was copied from another arm's says what is hardly meant."""

import pytest

from wm_core.doubts import doubts
from wm_core.limits import arm_limits


def told(robot, arm, **changes):
    robot = robot.model_copy(update=changes)
    return doubts(robot, arm, arm_limits(robot, arm))


def test_nothing_is_strange_about_the_panda(robot, arm):
    assert told(robot, arm) == ()


def test_a_home_in_degrees_is_named_joint_by_joint(robot, arm):
    lines = told(robot, arm, home=(0.0, -12.3, 0.0, -2.57, 0.0, 135.0, 0.785))
    assert [line.split(",")[0] for line in lines] == [
        "home of joint 'panda_joint2' is -12.3 rad",
        "home of joint 'panda_joint6' is 135 rad",
    ]


def test_a_home_outside_the_workspace_is_named_with_its_place(robot, arm):
    box = robot.workspace.model_copy(update={"lower": (0.5, -0.4, 0.03)})
    (line,) = told(robot, arm, workspace=box)
    assert line.startswith("at home the tool is at [0.432, -0.0, 0.235] m, outside the workspace from [0.5, ")


@pytest.mark.parametrize(("orientation", "degrees"), [((0.0, 2.0, 0.0, 0.0), 180), ((0.7071, 0.7071, 0.0, 0.0), 90)])
def test_a_tool_held_another_way_than_at_home_is_told_with_the_one_to_take(robot, arm, orientation, degrees):
    (line,) = told(robot, arm, tool_orientation=orientation)
    assert line.startswith(f"tool_orientation is {degrees} degrees from how the tool is at home, which is [1.0, ")
