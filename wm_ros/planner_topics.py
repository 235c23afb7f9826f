"""What the planner subscribes to and publishes while it is configured."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Callable

from rclpy.clock import Clock, ClockType
from rclpy.exceptions import NameValidationException
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.validate_topic_name import validate_topic_name
from sensor_msgs.msg import CompressedImage, Image
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray
from wm_interfaces.msg import GuardStatistics, PlannerStatistics

from wm_core.types import Goal, Plan, Trajectory
from wm_ros.conversions import (
    ConversionError,
    image_stamp,
    joint_state_from_message,
    message_to_trajectory,
    trajectory_to_message,
)
from wm_ros.conversions.candidates import candidates_message
from wm_ros.conversions.statistics_messages import PlanReport, guard_statistics_from_message, planner_statistics_message
from wm_ros.guard_watch import GuardWatch
from wm_ros.health import HealthReporter
from wm_ros.image_topic import ImageTopic
from wm_ros.newest import NewestMessages
from wm_ros.newest_joints import NewestJointStates
from wm_ros.planner_inputs import CAMERA, JOINTS, WATCH_CAMERA, PlannerInputs
from wm_ros.planner_parameters import PlannerParameters
from wm_ros.planner_tools import LoadError, PlannerTools

_LATEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_TAKING = 0.01  # s between two looks for joint states and commands


class PlannerTopics:
    """Implements `Outputs` of the planner loop; gated by `active`, because a lifecycle state gates nothing by itself."""

    def __init__(
        self,
        node: LifecycleNode,
        health: HealthReporter,
        parameters: PlannerParameters,
        tools: PlannerTools,
        inputs: PlannerInputs,
        guard: GuardWatch,
    ) -> None:
        """Raises `LoadError` for parameters that no topic can be named by."""
        self._node, self._health, self._tools = node, health, tools
        self._inputs, self._guard = inputs, guard
        self._frame_id = parameters.base_frame
        self._shown_for = 2.0 * max(parameters.replan_period, tools.deadline)
        self.active = False
        cameras = {CAMERA: "camera/image_raw"} if tools.sees else {}
        if tools.looks_twice:
            cameras[WATCH_CAMERA] = parameters.watch_camera_topic
        commands, fingers = (f"{name}/joint_trajectory" for name in (parameters.controller, parameters.gripper_controller))
        for topic in (*cameras.values(), commands, fingers):
            _check_name(topic)  # before anything is made that would be left behind
        if len({node.resolve_topic_name(topic) for topic in cameras.values()}) < len(cameras):
            raise LoadError(f"watch_camera_topic is '{parameters.watch_camera_topic}', and that is the first camera's topic as well")
        self._plans = self._misses = 0
        self._proposal = node.create_publisher(JointTrajectory, "proposal", _LATEST)
        self._statistics = node.create_publisher(PlannerStatistics, "~/statistics", 10)
        self._candidates = node.create_publisher(MarkerArray, "~/candidates", 1)
        self._pictures = ImageTopic(parameters.image_transport, parameters.image_reliability)
        self._subscriptions = [self._see(part, topic) for part, topic in cameras.items()]
        self._subscriptions.append(node.create_subscription(GuardStatistics, "guard/statistics", self._on_guard, 10))
        if tools.gripper is not None:
            self._subscriptions.append(node.create_subscription(JointTrajectory, fingers, self._on_finger_command, 10))
        self._joints = NewestJointStates(node, tools.limits.names)
        self._commands = NewestMessages(node, JointTrajectory, commands, 10, ReliabilityPolicy.RELIABLE)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timers = [
            node.create_timer(1.0, self._on_second, clock=steady),
            node.create_timer(_TAKING, self._take_all, clock=steady),
        ]

    def destroy(self) -> None:
        """Back to what an unconfigured node has."""
        self.active = False
        for timer in self._timers:
            self._node.destroy_timer(timer)
        self._joints.destroy()
        self._commands.destroy()
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        for publisher in (self._proposal, self._statistics, self._candidates):
            self._node.destroy_publisher(publisher)

    def propose(self, trajectory: Trajectory, stamp: float) -> None:
        """See `Outputs`."""
        if self.active:
            self._inputs.proposed()
            self._proposal.publish(trajectory_to_message(trajectory, stamp))

    def planned(self, plan: Plan, goal: Goal, distance: float, made: float, frame_age: float) -> None:
        """See `Outputs`."""
        self._plans += 1
        if self._tools.gate is not None:
            self._health.ok("gate", "nothing unusual")
        self._misses += plan.deadline_missed
        report = PlanReport(
            plan, goal.kind, distance, made, frame_age, self._tools.deadline, self._plans, self._misses, self._frame_id
        )
        if self.active:
            self._statistics.publish(planner_statistics_message(report))
        if self.active and self._candidates.get_subscription_count():
            tool = self._tools.kinematics.forward(plan.start).position
            self._candidates.publish(
                candidates_message(plan, tool, goal.position_tolerance, made, self._shown_for, self._frame_id)
            )

    def problem(self, part: str, message: str) -> None:
        """See `Outputs`."""
        self._health.error(part, f"{message}; the arm holds")

    def works(self, message: str) -> None:
        """See `Outputs`."""
        self._health.ok("planning", message, {"plans": str(self._plans), "deadline misses": str(self._misses)})

    def now(self) -> float:
        """s, the node's clock."""
        return self._node.get_clock().now().nanoseconds / 1e9

    def _see(self, part: str, topic: str) -> Subscription:
        return self._pictures.subscribe(self._node, topic, partial(self._on_image, part), partial(self._on_mismatch, part))

    def _on_image(self, part: str, message: Image | CompressedImage) -> None:
        if self.active:
            self._take_joints()  # so that the frame finds the state that belongs to it
            self._take(part, partial(self._add_image, part, message))

    def _add_image(self, part: str, message: Image | CompressedImage) -> None:
        self._inputs.add_image(self._pictures.read(message), image_stamp(message), time.monotonic(), part)

    def _take_joints(self) -> None:
        # While inactive too: what the arm did then, as coming to rest, is where the next goal begins.
        for message in self._joints.take():
            self._take(JOINTS, partial(self._add_joints, message))

    def _add_joints(self, message: JointStateMessage) -> None:
        state = joint_state_from_message(message, self._tools.limits.names, self._inputs.measured())
        gripper, fingers = self._tools.gripper, None
        if gripper is not None:
            fingers = joint_state_from_message(message, gripper.names, self._inputs.fingers.newest)
        self._inputs.add_joints(state, time.monotonic(), fingers)

    def _take_all(self) -> None:
        self._take_joints()
        self._take_commands()

    def _take_commands(self) -> None:
        for message, sent in self._commands.take_sent():
            trajectory, _ = message_to_trajectory(message)
            if trajectory.names == self._tools.limits.names and len(trajectory.times):
                # From when it was sent, not from when this thread got round to it.
                self._inputs.command(trajectory, self.now() - min(max(time.time() - sent, 0.0), 0.1))

    def _on_finger_command(self, message: JointTrajectory) -> None:
        if not self.active:
            return
        trajectory, _ = message_to_trajectory(message)
        if trajectory.names == self._tools.gripper.names and len(trajectory.times):
            self._inputs.fingers.command(trajectory)

    def _on_guard(self, message: GuardStatistics) -> None:
        self._take_commands()  # of which this one tells
        if self._guard.update(guard_statistics_from_message(message), time.monotonic()):
            self._inputs.answered()

    def _take(self, part: str, take: Callable[[], None]) -> None:
        try:
            take()
        except ConversionError as error:
            self._inputs.refuse(part, str(error))
            self._health.error(part, str(error))

    def _on_mismatch(self, part: str, event: Any) -> None:
        self._health.error(
            part, "the publisher's reliability does not fit: set image_reliability to best_effort and configure again"
        )

    def _on_second(self) -> None:
        if not self.active:
            return
        if self._proposal.get_subscription_count() == 0:
            self._health.error("guard", f"nobody listens on {self._proposal.topic_name}: is the guard running?")
        else:
            self._health.ok("guard", "listening")
        for part, problem in self._inputs.problems(self.now(), time.monotonic()).items():
            if problem:
                self._health.error(part, problem)
            else:
                self._health.ok(part, "received")


def _check_name(topic: str) -> None:
    try:
        validate_topic_name(topic)
    except NameValidationException as error:
        raise LoadError(f"'{topic}' is no name of a topic: {str(error).splitlines()[0]}") from error
