"""A picture of a grasp, and nothing else, moves arm and fingers there: the shipped object model, through the launch file."""

import launch_pytest
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from sim.environment import PandaTabletop
from wm_core.gripper import Gripper
from wm_ros.conversions import joint_state_from_message, message_to_trajectory

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

SEED = 1000


@launch_pytest.fixture(scope="module")
def stack(launch_stack):
    return launch_stack(sim="true", task="pick_place", seed=str(SEED), model="panda_table")


@pytest.mark.launch(fixture=stack)
def test_arm_and_fingers_move_through_the_guard_within_their_limits(stack, driver, client, observer, robot):
    environment = PandaTabletop("pick_place")
    environment.reset(SEED)  # the scene of the launched simulator
    grasp, *_ = environment.stages(SEED, "image")
    environment.close()
    gripper = Gripper(robot.gripper)
    told, openings = [], []
    client.node.create_subscription(
        JointTrajectory, "panda_hand_controller/joint_trajectory", lambda each: told.append(message_to_trajectory(each)[0]), 10
    )
    client.node.create_subscription(
        JointState,
        "joint_states",
        lambda each: openings.append(gripper.opening(joint_state_from_message(each, gripper.names).position)),
        10,
    )
    driver.ready(90.0)
    start = observer.tool
    observer.wait_for(lambda: openings, 10.0, "the fingers in joint_states")
    assert openings[-1] == pytest.approx(0.08, abs=2e-3)  # a pick begins with open fingers
    pending = client.start(grasp.goal, 60.0)
    # From more than 10 cm away: it has to come down to the part before it closes, and closing stops at the part's width.
    observer.wait_for(lambda: np.linalg.norm(observer.tool - start) > 0.05, 60.0, "an arm on its way")
    observer.wait_for(lambda: openings[-1] < 0.06, 60.0, "fingers that close")
    pending.cancel()
    pending.result(10.0)
    assert any((each.positions[-1] == gripper.closed).all() for each in told)
    for each in told:
        assert each.names == gripper.names
        assert (each.positions >= gripper.lower).all() and (each.positions <= gripper.upper).all()
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly_with_an_object_model(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
