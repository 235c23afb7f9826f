"""Node `guard`: the last gate before the controller, in a process of its own that never imports torch.

It is the only publisher on <controller>/joint_trajectory, and on that of the gripper's controller where the robot has
one. Whatever happens to the planner, the arm ends at rest; the fingers keep to what they were last told.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Sequence

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory
from wm_interfaces.msg import GuardStatistics

from wm_core.config import ConfigError
from wm_core.gripper import Gripper
from wm_core.kinematics.urdf_arm import KinematicsError
from wm_core.safety import GripperFilter, Verdict
from wm_core.types import JointState, Trajectory
from wm_ros.conversions import (
    ConversionError,
    joint_state_from_message,
    message_to_trajectory,
    trajectory_to_message,
)
from wm_ros.conversions.statistics_messages import guard_statistics_message
from wm_ros.controller_check import ControllerCheck
from wm_ros.guard_load import load_judge
from wm_ros.guard_logic import Guard, Silence
from wm_ros.guard_parameters import GuardParameters
from wm_ros.health import HealthReporter
from wm_ros.moment import Instant, Moment
from wm_ros.newest_joints import NewestJointStates
from wm_ros.parameters import ParameterError, declare_parameters, read_parameters
from wm_ros.priority import ask_for_real_time
from wm_ros.process import StartupError, run
from wm_ros.robot_source import load_robot

_RELIABLE_LATEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
# s after the start in which an arm that is still starting too is nothing to report
_GRACE = 5.0
# s between two looks at whether an input fell silent; also the longest that a joint state waits to be looked at
_WATCHING = 0.02
# s more that are allowed for judging where there are obstacles to look for
_LOOKING = 0.003
# s more for a stop, which may not be the first that is looked at
_CHOOSING = 0.004
# times that something is decided again because its moment was missed
_ATTEMPTS = 3


class GuardNode(Node):
    """Wires `Guard` to topics."""

    def __init__(self) -> None:
        """Raises `StartupError`."""
        super().__init__("guard")
        try:
            declare_parameters(self, GuardParameters, read_only=True)
            self._settings = read_parameters(self, GuardParameters)
            robot, arm = load_robot(self, self._settings.robot, self._settings.description_timeout)
            judge = load_judge(robot, arm, self._settings)
            hand = None if robot.gripper is None else GripperFilter(Gripper(robot.gripper), self._settings.safety())
        except (ParameterError, ConfigError, KinematicsError) as error:
            raise StartupError(f"guard: {error}") from error
        silence = Silence(self._settings.proposal_timeout, self._settings.state_timeout)
        self._names = arm.joint_names
        self._started = time.monotonic()
        self._fingers = () if hand is None else hand.gripper.names
        simulated = self.get_parameter("use_sim_time").value
        self._guard = Guard(judge, arm, silence, hand, simulated)
        self._health = HealthReporter(self, robot.name)
        self._looking = _LOOKING if judge.obstacles else 0.0
        self._health.ok("obstacles", ", ".join(judge.obstacles) or "none are declared")
        self._guard.warm_up(np.array(robot.home))
        # Collecting all that was loaded so far would take longer than a command may be late.
        gc.collect()
        gc.freeze()
        if self._settings.realtime and not ask_for_real_time():
            self.get_logger().info("no permission for real-time scheduling: commands may be late on a busy machine")
        try:
            self._connect()
        except NameValidationException as error:
            names = f"'controller' is '{self._settings.controller}', 'gripper_controller' is '{self._settings.gripper_controller}'"
            raise StartupError(f"guard: parameter {names}: {' '.join(str(error).split())}") from error
        self.get_logger().info(f"guarding '{robot.name}' on {self._command.topic_name}")

    def failed(self, error: Exception) -> None:
        """A callback raised: nothing went out, and silence ends in a hold."""
        self._health.error("callbacks", f"exception: {error}")

    def close(self) -> None:
        """Brings the arm to rest."""
        self._hold("the guard is shutting down")

    def _connect(self) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._command = self.create_publisher(JointTrajectory, f"{self._settings.controller}/joint_trajectory", 10)
        if self._fingers:
            topic = f"{self._settings.gripper_controller}/joint_trajectory"
            self._finger_command = self.create_publisher(JointTrajectory, topic, 10)
        self._controller = ControllerCheck(self, self._settings.controller)
        self._statistics = self.create_publisher(GuardStatistics, "~/statistics", 10)
        self._joints = NewestJointStates(self, self._names)
        self.create_subscription(JointTrajectory, "proposal", self._on_proposal, _RELIABLE_LATEST)
        self.create_timer(_WATCHING, self._on_watch, clock=steady)
        self.create_timer(1.0, self._on_second, clock=steady)

    def _take_joints(self) -> None:
        for message in self._joints.take():
            self._measure(message)

    def _measure(self, message: JointStateMessage) -> None:
        try:
            state = joint_state_from_message(message, self._names, self._guard.measured)
        except ConversionError as error:
            self._health.error("joint_states", str(error))
            return
        self._guard.measure(state, self._instant(), self._finger_state(message))

    def _finger_state(self, message: JointStateMessage) -> JointState | None:
        # An arm whose fingers are not there, or tell nonsense, is guarded all the same; its fingers are not moved.
        if not self._fingers:
            return None
        try:
            return joint_state_from_message(message, self._fingers)
        except ConversionError:
            return None

    def _on_proposal(self, message: JointTrajectory) -> None:
        self._take_joints()
        try:
            verdict = self._forward(*message_to_trajectory(message))
        except ConversionError as error:
            verdict = Verdict("rejected", str(error), None)
        if verdict.kind == "accepted":
            self._health.ok("proposals", "accepted")
        elif verdict.kind == "clipped":
            self._health.warn("proposals", f"clipped: {verdict.reason}")
        else:
            self._guard.reject(verdict.reason)
            self._health.error("proposals", f"rejected: {verdict.reason}")
        self._publish_statistics()

    def _forward(self, proposal: Trajectory, stamp: float | None) -> Verdict:
        """Judges the proposal for a moment that is just ahead, and publishes it at that moment."""
        if self._controller.problem is not None:
            return Verdict("rejected", self._controller.problem, None)
        for attempt in range(_ATTEMPTS):
            moment = Moment(self._instant(), attempt, self._looking)
            verdict = self._guard.judge(proposal, stamp, moment.at)
            if verdict.trajectory is None:
                return verdict
            message = trajectory_to_message(verdict.trajectory)
            if moment.arrived():
                sent = moment.now()
                self._command.publish(message)
                if verdict.fingers is not None:
                    self._finger_command.publish(trajectory_to_message(verdict.fingers))
                self._guard.sent(verdict, sent)
                self._report_outside()
                return verdict
        return Verdict("rejected", "the guard could not keep time: is this machine overloaded?", None)

    def _on_watch(self) -> None:
        self._take_joints()
        reason = self._guard.silence(self._instant())
        if reason is not None:
            self._hold(reason)

    def _hold(self, reason: str) -> None:
        """Brings the arm to rest, on time if possible, late if not."""
        for attempt in range(_ATTEMPTS):
            moment = Moment(self._instant(), attempt, _CHOOSING + self._looking)
            trajectory = self._guard.rest(moment.at)
            if trajectory is None:
                return
            message = trajectory_to_message(trajectory)
            if moment.arrived() or attempt == _ATTEMPTS - 1:
                break
        sent = moment.now()
        self._command.publish(message)
        self._guard.held(trajectory, reason, sent)
        self._report_outside()
        self._health.error("commands", f"holding: {reason}")
        self._publish_statistics()

    def _report_outside(self) -> None:
        count = self._guard.counts.published_outside_limits
        if count:
            self._health.error("limits", f"{count} published points are outside the limits")

    def _on_second(self) -> None:
        steady = time.monotonic()
        age = self._guard.state_age(steady)
        if age == float("inf"):
            if steady > self._started + _GRACE:
                self._health.error("joint_states", "none received yet")
        elif age > self._settings.state_timeout:
            self._health.error("joint_states", f"stopped {age:.1f} s ago")
        else:
            self._health.ok("joint_states", "received")
        self._watch_controller(steady)
        self._watch_for_rivals()
        self._publish_statistics()

    def _watch_controller(self, steady: float) -> None:
        self._controller.look()
        absence = self._controller.absence if steady > self._started + _GRACE else None
        problem = self._controller.problem or absence
        if problem is None:
            self._health.ok("controller", "nothing is known against it")
        else:
            self._health.error("controller", problem)

    def _watch_for_rivals(self) -> None:
        for topic in [self._command.topic_name] + ([self._finger_command.topic_name] if self._fingers else []):
            publishers = self.get_publishers_info_by_topic(topic)
            rivals = sorted(info.node_name for info in publishers if info.node_name != self.get_name())
            if len(publishers) > 1:
                self._health.warn("commands", f"others publish on {topic}: {rivals or 'a second guard'}")
                return
        self._health.ok("commands", "moving" if self._guard.moving(self._instant()) else "at rest")

    def _publish_statistics(self) -> None:
        self._statistics.publish(guard_statistics_message(self._guard.counts, self._now()))

    def _instant(self) -> Instant:
        return Instant(self._now(), time.monotonic())

    def _now(self) -> float:
        return self.get_clock().now().nanoseconds / 1e9


def main(args: Sequence[str] | None = None) -> None:
    """Entry point. Exit code 2 where the configuration cannot work."""
    sys.exit(run(GuardNode, args))


if __name__ == "__main__":
    main()
