"""A declared wall, through the launch file: the planner leads the arm around it, and the guard alone keeps it off."""

import threading

import launch_pytest
import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import JointState as JointStateMessage

from sim.scene import ARM_JOINTS, FINGER_JOINTS, Scene, SceneState
from wm_core.config import ObstacleConfig
from wm_core.types import Goal, Pose
from wm_ros.conversions import joint_state_from_message
from wm_ros.outcome import Code

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

# As large as in sim/tasks/reach_around.py, where neither the arm at home nor the cube of seed 0 is. The hand is 20 cm wide.
WALL = ObstacleConfig(name="wall", lower=(0.4, -0.2, 0.0), upper=(0.6, -0.14, 0.25))
BEFORE, BEHIND = np.array([0.5, 0.0, 0.15]), np.array([0.5, -0.36, 0.15])  # m; straight between them is the wall
FAR = np.array([0.5, 0.3, 0.15])  # on the side of `BEFORE`


@launch_pytest.fixture(scope="module")
def stack(launch_stack, declared):
    return launch_stack(sim="true", model="none", obstacles=declared(WALL))


class Seen:
    """Every measured state of arm and fingers."""

    def __init__(self, node):
        self._lock, self._states = threading.Lock(), []
        node.create_subscription(JointStateMessage, "joint_states", self._on_joints, qos_profile_sensor_data)

    def _on_joints(self, message):
        with self._lock:
            self._states.append([joint_state_from_message(message, names).position for names in (ARM_JOINTS, FINGER_JOINTS)])

    def take(self):
        """Those since the last time."""
        with self._lock:
            states, self._states = self._states, []
        return states


def touching(states):
    """How many of them touch the wall, in a scene apart from the one that they came from."""
    scene, count = Scene(), 0
    scene.obstacles.place((WALL,))
    far = Pose(np.array([0.0, 5.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    for arm, fingers in states:
        scene.set_state(SceneState(arm, fingers, far))
        scene.client.performCollisionDetection()
        count += scene.obstacles.touched()
    scene.close()
    return count


@pytest.fixture(scope="module")
def seen(client):
    return Seen(client.node)


def ask(client, kind, name, request):
    service = client.node.create_client(kind, name)
    assert service.wait_for_service(10.0)
    answered = threading.Event()
    asked = service.call_async(request)
    asked.add_done_callback(lambda _: answered.set())
    assert answered.wait(30.0), name
    return asked.result()


def turn(client, transition):
    request = ChangeState.Request(transition=Transition(id=transition))
    assert ask(client, ChangeState, "planner/change_state", request).success


@pytest.mark.launch(fixture=stack)
def test_the_arm_gets_behind_the_wall_and_never_touches_it(stack, driver, client, observer, seen, arm, robot):
    driver.ready()
    for target in (BEHIND, BEFORE):
        outcome = client.send(Goal(pose=Pose(target)), 40.0)
        assert outcome.code is Code.SUCCESS, outcome
        assert np.linalg.norm(observer.tool - target) <= 0.03
    states = seen.take()
    assert len(states) > 200 and touching(states) == 0
    # The same with a state that does touch: fingers in the wall.
    inside = arm.inverse(Pose(np.array([0.5, -0.17, 0.2]), np.array(robot.tool_orientation)), states[-1][0])
    assert touching([(inside, states[-1][1])]) == 1


@pytest.mark.launch(fixture=stack)
def test_a_goal_inside_the_wall_is_refused(stack, driver, client):
    driver.ready()
    outcome = client.send(Goal(pose=Pose(np.array([0.5, -0.17, 0.15]))), 5.0)
    assert outcome.code is Code.INVALID_GOAL and "inside the declared obstacle 'wall'" in outcome.message


@pytest.mark.launch(fixture=stack)
def test_of_a_planner_that_knows_of_no_wall_the_guard_keeps_the_arm_off_it(stack, driver, client, observer, seen):
    driver.ready()
    turn(client, Transition.TRANSITION_DEACTIVATE)
    turn(client, Transition.TRANSITION_CLEANUP)
    none = SetParameters.Request(parameters=[Parameter("obstacles", value="").to_parameter_msg()])
    assert ask(client, SetParameters, "planner/set_parameters", none).results[0].successful
    turn(client, Transition.TRANSITION_CONFIGURE)
    client.wait_until_active(30.0)  # the launch activates what has been configured
    # From far enough to be on the way, and fast, before a second of motion reaches the wall.
    assert client.send(Goal(pose=Pose(FAR)), 30.0).code is Code.SUCCESS
    refused = observer.guard.rejected
    outcome = client.send(Goal(pose=Pose(BEHIND)), 40.0)
    assert outcome.code in (Code.REJECTED_BY_GUARD, Code.NO_PROGRESS) and observer.guard.rejected > refused, outcome
    assert observer.tool[1] < FAR[1] - 0.05
    observer.wait_for(lambda: observer.speed() < 0.01, 5.0, "rest")
    assert observer.tool[1] > WALL.upper[1]
    assert touching(seen.take()) == 0
    assert (observer.outside, observer.guard.published_outside_limits) == ([], 0)


@pytest.mark.launch(fixture=stack, shutdown=True)
def test_it_shuts_down_cleanly_beside_a_wall(stack):
    assert stack[1].codes == {"wm_sim_node": 0, "wm_guard_node": 0, "wm_planner_node": 0}
    assert stack[1].alive() == []
