"""The guard as a node: topics in, commands and reasons out; its process stays small and ends with the right code."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import rclpy
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory
from wm_interfaces.msg import GuardStatistics

from wm_core.config import ObstacleConfig
from wm_core.gripper import Gripper
from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.types import JointState, MotionState
from wm_ros.conversions import joint_state_to_message, message_to_trajectory, trajectory_to_message
from wm_ros.fingers import Fingers
from wm_ros.guard_node import GuardNode

COMMANDS = "/panda_arm_controller/joint_trajectory"
FINGER_COMMANDS = "/panda_hand_controller/joint_trajectory"


class Bench:
    """An arm that stands still, a planner's publisher, and ears on everything the guard says."""

    def __init__(self, spinner, home, names, hand):
        self.spinner, self.home, self.names, self.hand = spinner, home, names, hand
        self.guard = spinner.add(GuardNode())
        self.node = spinner.add(rclpy.create_node("bench"))
        self.commands, self.statistics, self.errors = [], [], []
        self.finger_commands, self.told = [], {}
        self.joints = self.node.create_publisher(JointStateMessage, "joint_states", 10)
        self.proposal = self.node.create_publisher(JointTrajectory, "proposal", 10)
        self.node.create_subscription(JointTrajectory, COMMANDS, self.commands.append, 10)
        self.node.create_subscription(JointTrajectory, FINGER_COMMANDS, self.finger_commands.append, 10)
        self.node.create_subscription(GuardStatistics, "guard/statistics", self.statistics.append, 10)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        self.until(lambda: self.proposal.get_subscription_count() and self.statistics)

    def until(self, true, timeout=10.0):
        return self.spinner.until(true, timeout, self.stand)

    def stand(self):
        names, position = self.names + self.hand.names, [*self.home, *self.hand.open]
        self.joints.publish(joint_state_to_message(names, position, np.zeros(9), self.now()))

    def propose(self, trajectory):
        self.proposal.publish(trajectory_to_message(trajectory, self.now()))

    def now(self):
        return self.node.get_clock().now().nanoseconds / 1e9

    def says(self, text):
        return any(text in error for error in self.errors)

    def _on_diagnostics(self, message):
        self.errors += [part.message for part in message.status if part.level == b"\x02"]
        self.told.update({part.name: part.message for part in message.status})


@pytest.fixture
def make_bench(ros, home, limits, robot):
    """make_bench(argument, ...) of ROS."""
    return lambda *arguments: Bench(ros(*arguments), home, limits.names, Gripper(robot.gripper))


@pytest.fixture
def bench(make_bench):
    return make_bench()


@pytest.fixture
def motion(limits, home):
    path = home + np.outer(np.linspace(0.06, 0.3, 5), np.eye(7)[0])
    return parameterise(MotionState.at_rest(home), path, 0.2, limits)


def test_a_proposal_becomes_a_command_and_silence_a_hold(bench, motion):
    bench.until(lambda: bench.guard._guard.measured)
    bench.propose(motion)
    bench.until(lambda: bench.commands)
    command, stamp = message_to_trajectory(bench.commands[0])
    assert stamp is None  # starts on arrival
    assert command.positions[-1] == pytest.approx(motion.positions[-1])
    bench.until(lambda: len(bench.commands) == 2)
    assert bench.commands[1].points[-1].velocities.tolist() == [0.0] * 7
    bench.until(lambda: bench.says("no acceptable proposal for 0.35 s"))
    counts = bench.until(lambda: next((each for each in bench.statistics if each.holds), None))
    assert (counts.accepted + counts.clipped, counts.holds, counts.published_outside_limits) == (1, 1, 0)


def test_joint_states_that_stop_end_in_a_hold(bench, motion):
    bench.until(lambda: bench.guard._guard.measured)
    bench.propose(motion)
    bench.until(lambda: bench.commands)
    # Nobody stands any more: the arm fell silent, 50 ms before the planner's silence would count.
    bench.spinner.until(lambda: len(bench.commands) == 2, 5.0)
    bench.spinner.until(lambda: bench.says("joint_states stopped for 0.30 s while the arm moves"), 5.0)


def test_fingers_go_to_their_own_controller_with_the_arm(bench, motion):
    fingers = Fingers(bench.hand)
    fingers.want(-1)
    bench.until(lambda: bench.guard._guard.measured)
    resting = JointState(bench.hand.open, np.zeros(2), bench.now())
    bench.propose(fingers.join(motion, resting, None))
    command = bench.until(lambda: bench.finger_commands and bench.finger_commands[0])
    bench.until(lambda: bench.commands)
    assert tuple(command.joint_names) == bench.hand.names and tuple(bench.commands[0].joint_names) == bench.names
    assert command.points[-1].positions.tolist() == [0.0, 0.0] and not command.points[-1].velocities
    # Silence holds the arm; what the fingers have in their grip they keep.
    bench.until(lambda: bench.says("no acceptable proposal for 0.35 s"))
    assert len(bench.finger_commands) == 1


def test_every_refusal_has_its_reason_on_diagnostics(bench, motion):
    bench.until(lambda: bench.guard._guard.measured)
    broken = trajectory_to_message(motion, bench.now())
    broken.points[2].positions[0] = float("nan")
    bench.proposal.publish(broken)
    bench.until(lambda: bench.says("rejected: "))
    short = trajectory_to_message(motion, bench.now())
    short.points[1].positions = [0.0]
    bench.proposal.publish(short)
    bench.until(lambda: bench.says("point 1 has 1 positions, expected 7"))
    assert bench.commands == []
    assert bench.statistics[-1].rejected == 2 and bench.statistics[-1].last_reason


def test_motion_into_a_declared_obstacle_is_refused_and_around_it_not(make_bench, declared, motion, arm, limits, home):
    # The hand is 20 cm wide, and 0.3 rad take it 16 cm to the left: the plate of 2 mm is on the way.
    tool = arm.forward(home).position
    plate = ObstacleConfig(name="plate", lower=(tool[0] - 0.1, 0.2, 0.0), upper=(tool[0] + 0.1, 0.202, tool[2] + 0.1))
    bench = make_bench("-p", f"obstacles:={declared(plate)}")
    bench.until(lambda: bench.guard._guard.measured)
    bench.propose(motion)
    bench.until(lambda: bench.says("of 'panda_joint7' would be") and bench.says("m from obstacle 'plate' at 0."))
    assert bench.commands == [] and bench.statistics[-1].rejected == 1
    assert bench.told["guard: obstacles"] == "plate"
    bench.propose(parameterise(MotionState.at_rest(home), 2 * home - motion.positions[3::4], 0.2, limits))  # to the right
    bench.until(lambda: bench.commands)


def test_an_unusable_joint_state_is_named(bench):
    message = joint_state_to_message(bench.names, bench.home, np.zeros(7), bench.now())
    message.name[0] = "elbow"
    bench.joints.publish(message)
    bench.until(lambda: bench.says("joint_states lacks panda_joint1"))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("wm_ros.guard_node._GRACE", 0.0)


def test_a_controller_that_is_not_there_is_an_error_that_names_its_topic(impatient, make_bench):
    bench = make_bench()  # it proposes, so that it counts as a planner, whatever it listens to
    bench.until(lambda: bench.says(f"nobody takes commands on {COMMANDS}: is 'panda_arm_controller' the name"))
    arm = bench.spinner.add(rclpy.create_node("arm"))
    arm.create_subscription(JointTrajectory, COMMANDS, lambda _: None, 10)
    bench.until(lambda: bench.told.get("guard: controller") == "nothing is known against it")


@pytest.mark.parametrize("topic", [COMMANDS, FINGER_COMMANDS])
def test_a_second_publisher_on_the_command_topic_is_noticed(bench, topic):
    bench.node.create_publisher(JointTrajectory, topic, 10)
    warnings = []
    bench.node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda each: warnings.extend(part.message for part in each.status), 10
    )
    bench.until(lambda: any(f"others publish on {topic}" in text and "bench" in text for text in warnings))


def guard_process(*arguments, **kwargs):
    command = [sys.executable, "-m", "wm_ros.guard_node", "--ros-args", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **kwargs)


def robot_file(tmp_path, robot, **changes):
    path = tmp_path / "arm.yaml"
    path.write_text(yaml.safe_dump({**robot.model_dump(mode="json"), **changes}))
    return path


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"joint_names": ["elbow", *(f"panda_joint{row}" for row in range(2, 8))]}, "joints \\['elbow'\\] are not in the URDF"),
        ({"limits": {}}, "key 'limits.velocity' is missing"),
        ({"urdf": "nowhere.urdf"}, "cannot read urdf nowhere.urdf"),
        ({"tool": "hand"}, "unknown key 'tool'; did you mean 'tool_link'?"),
    ],
)
def test_a_wrong_robot_file_ends_the_process_with_code_2_and_says_why(tmp_path, robot, changes, text):
    process = guard_process("-p", f"robot:={robot_file(tmp_path, robot, **changes)}")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert text.replace("\\", "") in said and "Traceback" not in said


def test_a_urdf_that_nobody_publishes_is_told_with_its_topic(tmp_path, robot):
    path = robot_file(tmp_path, robot, urdf=None)
    process = guard_process("-p", f"robot:={path}", "-p", "description_timeout:=0.1", "-r", "__ns:=/left")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "names no urdf, and none came on /left/robot_description within 0.1 s" in said and "Traceback" not in said


def test_obstacles_that_cannot_be_kept_clear_of_end_the_process_with_code_2(tmp_path, declared, robot):
    wall = declared(ObstacleConfig(name="wall", lower=(0.4, -0.03, 0.0), upper=(0.6, 0.03, 0.25)))
    bare = f"robot:={robot_file(tmp_path, robot, body=[])}"
    cases = [
        (["-p", f"obstacles:={wall}", "-p", bare], "guard: robot 'panda' has no body"),
        (["-p", "obstacles:=absent.yaml"], "guard: absent.yaml: cannot read the configuration"),
    ]
    for arguments, text in cases:
        process = guard_process(*arguments)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 2 and text in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("parameter", "text"), [("proposal_timeout:=99.0", "'proposal_timeout'"), ("controller:=my-arm", "'controller' is 'my-arm'")]
)
def test_a_parameter_that_cannot_be_ends_the_process_with_code_2(parameter, text):
    process = guard_process("-p", parameter)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2 and text in said and "Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_process_with_code_0(number):
    process = guard_process()
    for line in process.stderr:
        if "guarding 'panda'" in line:
            break
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_process_never_imports_torch():
    code = "import sys, wm_ros.guard_node; sys.exit('torch' in sys.modules or 'pybullet' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), timeout=60).returncode == 0


@pytest.mark.parametrize("desired", [False, True])
def test_a_controller_that_begins_at_the_measured_state_is_not_commanded(make_bench, motion, desired):
    bench = make_bench()
    controller = bench.spinner.add(rclpy.create_node("panda_arm_controller"))
    controller.declare_parameter("interpolate_from_desired_state", desired)
    if desired:
        bench.until(lambda: len(bench.guard._controller._answers) == 2)
    else:
        bench.until(lambda: bench.says("begins every trajectory at the measured state"))
    bench.propose(motion)
    if desired:
        bench.until(lambda: bench.commands)
    else:
        bench.until(lambda: bench.says("rejected: controller 'panda_arm_controller' begins every trajectory"))
        assert bench.commands == []
