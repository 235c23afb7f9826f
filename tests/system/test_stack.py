"""The stack as `ros2 launch` brings it up with sim:=true, driven through its public interface; no world model needed."""

import launch_pytest
import numpy as np
import pytest

from wm_core.types import Goal, Pose
from wm_ros.outcome import Code

pytestmark = pytest.mark.timeout(90)


@launch_pytest.fixture(scope="module")
def stack(launch_stack):
    return launch_stack(sim="true", model="none")


def beside(robot, offset):
    """Home with the base turned; up to 0.9 rad keeps the tool inside the workspace."""
    joints = np.array(robot.home)
    joints[0] += offset
    return Goal(joints=joints)


@pytest.mark.launch(fixture=stack)
def test_it_comes_up(stack, driver):
    driver.ready()
    assert set(stack[1].pids) == {"wm_sim_node", "wm_guard_node", "wm_planner_node"}
    assert stack[1].codes == {}


@pytest.mark.launch(fixture=stack)
def test_a_joint_goal_moves_the_arm_there(stack, driver, client, observer, robot):
    driver.ready()
    goal = beside(robot, 0.4)
    progress = []
    outcome = client.send(goal, 30.0, progress.append)
    assert outcome.code is Code.SUCCESS, outcome.message
    assert np.abs(observer.joints.position - goal.joints).max() <= goal.joint_tolerance
    assert progress[0].distance > 0.3 > progress[-1].distance


@pytest.mark.launch(fixture=stack)
def test_a_pose_goal_is_reached_by_the_simulators_own_truth(stack, driver, client, observer):
    driver.ready()
    target = np.array([0.5, -0.15, 0.3])
    outcome = client.send(Goal(pose=Pose(target)), 30.0)
    assert outcome.code is Code.SUCCESS, outcome.message
    assert np.linalg.norm(observer.tool - target) <= 0.03


@pytest.mark.launch(fixture=stack)
def test_a_canceled_goal_ends_at_once_and_the_arm_comes_to_rest(stack, driver, client, observer, robot):
    driver.ready()
    pending = client.start(beside(robot, -0.85), 20.0)
    observer.wait_for(lambda: observer.speed() > 0.2, 10.0, "motion")
    busy = client.send(beside(robot, 0.0), 5.0)
    assert busy.code is Code.BUSY and "busy with a goal of joints" in busy.message
    pending.cancel()
    assert pending.result(2.0).code is Code.CANCELED
    observer.wait_for(lambda: observer.speed() < 0.01, 2.0, "rest after cancel")


@pytest.mark.launch(fixture=stack)
def test_an_unreachable_goal_ends_with_its_own_code(stack, driver, client, observer):
    driver.ready()
    # Inside the workspace box, and beyond the arm's reach with the tool pointing down.
    outcome = client.send(Goal(pose=Pose(np.array([0.74, 0.39, 0.59]), np.array([1.0, 0.0, 0.0, 0.0]))), 40.0)
    assert outcome.code is Code.NO_PROGRESS and "is it within reach?" in outcome.message
    observer.wait_for(lambda: observer.speed() < 0.01, 2.0, "rest after giving up")


@pytest.mark.launch(fixture=stack)
def test_a_place_where_the_tool_cannot_point_down_is_reached_askew(stack, driver, client, observer):
    driver.ready()
    target = np.array([0.74, 0.39, 0.59])
    outcome = client.send(Goal(pose=Pose(target)), 40.0)
    assert outcome.code is Code.SUCCESS, outcome.message
    assert np.linalg.norm(observer.tool - target) <= 0.03


@pytest.mark.launch(fixture=stack)
def test_a_goal_outside_the_workspace_is_refused(stack, driver, client):
    driver.ready()
    outcome = client.send(Goal(pose=Pose(np.array([0.5, 0.0, -0.5]))), 5.0)
    assert outcome.code is Code.INVALID_GOAL and "outside the workspace" in outcome.message


@pytest.mark.launch(fixture=stack)
def test_nothing_was_commanded_outside_the_limits(stack, driver, observer):
    driver.ready()
    observer.wait_for(lambda: observer.guard is not None, 5.0, "the guard's statistics")
    assert observer.commands > 20
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly_and_leaves_nothing_behind(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
