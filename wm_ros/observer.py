"""Watches an arm from outside: what it is commanded, how it moves, where the simulator says its tool is."""

from __future__ import annotations

import threading
from typing import Callable, TypeVar

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory
from wm_interfaces.msg import GuardStatistics, PlannerStatistics

from wm_core.limits import ArmLimits
from wm_core.protocols import Kinematics
from wm_core.safety import find_outside
from wm_core.types import JointState
from wm_ros.command_tracker import CommandTracker
from wm_ros.conversions import (
    joint_state_from_message,
    message_to_trajectory,
    pose_from_message,
)
from wm_ros.conversions.statistics_messages import PlanSeen, guard_statistics_from_message, plan_seen
from wm_ros.guard_logic import GuardCounts
from wm_ros.newest import NewestMessages
from wm_ros.stream_audit import StreamAudit

ValueT = TypeVar("ValueT")
_KEPT = 50  # commands between two joint states, or two statistics of the guard where there are none


class MotionObserver:
    """Subscribes on a node that somebody else spins. For demos, benchmarks and tests: it decides nothing.

    commands: trajectories seen. outside: the points in them that break a limit, by a count of its own, and how.
    plans: what the planner said of each plan. audit: how near the motion that is followed comes to the limits.
    """

    def __init__(self, node: Node, limits: ArmLimits, kinematics: Kinematics, controller: str = "panda_arm_controller") -> None:
        self._limits, self._kinematics = limits, kinematics
        self._changed = threading.Condition()
        self._tracker = CommandTracker()
        self.joints: JointState | None = None
        self.tool: np.ndarray | None = None
        self.guard: GuardCounts | None = None
        self.commands = 0
        self.audit = StreamAudit(limits)
        self.outside: list[str] = []
        self.plans: list[PlanSeen] = []
        self._sent: list[float] = []
        node.create_subscription(JointStateMessage, "joint_states", self._on_joints, qos_profile_sensor_data)
        commands = f"{controller}/joint_trajectory"
        self._commands = NewestMessages(node, JointTrajectory, commands, _KEPT, ReliabilityPolicy.RELIABLE)
        node.create_subscription(PoseStamped, "sim/tool_pose", self._on_tool, qos_profile_sensor_data)
        node.create_subscription(GuardStatistics, "guard/statistics", self._on_guard, 10)
        node.create_subscription(PlannerStatistics, "planner/statistics", self._on_plan, 10)

    def wait_for(self, value: Callable[[], ValueT], timeout: float, what: str) -> ValueT:
        """Until `value()` is true, looking at every message; gives it. Raises `TimeoutError` that names `what`."""
        found: list[ValueT] = []
        with self._changed:
            if not self._changed.wait_for(lambda: bool(found.append(value()) or found[-1]), timeout):
                raise TimeoutError(f"{what}: not within {timeout:.1f} s")
        return found[-1]

    def speed(self) -> float:
        """rad/s of the fastest joint, measured; infinity before the first joint state."""
        return float("inf") if self.joints is None else float(np.abs(self.joints.velocity).max())

    def frame_to_command_ms(self, kind: str) -> list[float]:
        """From the stamp of a plan's newest frame to the command that came of it, for plans to goals of `kind`.

        Wall clock: a command counts for the plan that was made last before it, within 0.1 s.
        """
        return [plan.frame_age_ms + guarded for plan, guarded in self._answered(kind)]

    def made_to_command_ms(self, kind: str) -> list[float]:
        """The part of `frame_to_command_ms` that comes after planning: timing, the guard, and the ways there."""
        return [guarded for _, guarded in self._answered(kind)]

    def _answered(self, kind: str) -> list[tuple[PlanSeen, float]]:
        """Plans that a command came of, and how many ms later."""
        with self._changed:
            sent, found = np.sort(self._sent), []
            for plan in self.plans:
                row = int(np.searchsorted(sent, plan.made))
                if plan.kind == kind and row < len(sent) and sent[row] - plan.made < 0.1:
                    found.append((plan, 1e3 * (sent[row] - plan.made)))
        return found

    def _on_joints(self, message: JointStateMessage) -> None:
        with self._changed:
            self.joints = joint_state_from_message(message, self._limits.names, self.joints)
            self._tracker.see(self.joints.stamp, self.joints)
            self._take_commands()
            self._changed.notify_all()

    def _take_commands(self) -> None:
        for message, sent in self._commands.take_sent():
            trajectory, _ = message_to_trajectory(message)
            # From when it was sent: how late this thread hears of it says nothing about the motion.
            following = self._tracker.command(trajectory, sent, self.joints)
            self.audit.command(following)
            if following is not None:
                found = find_outside(trajectory, following.start, self._limits, self._kinematics)
                self.outside += [f"command {self.commands}, point {excess.point}: {excess.text}" for excess in found]
            self.commands += 1
            self._sent.append(sent)

    def _on_tool(self, message: PoseStamped) -> None:
        with self._changed:
            self.tool = pose_from_message(message).position
            self._changed.notify_all()

    def _on_guard(self, message: GuardStatistics) -> None:
        with self._changed:
            self._take_commands()
            self.guard = guard_statistics_from_message(message)
            self._changed.notify_all()

    def _on_plan(self, message: PlannerStatistics) -> None:
        with self._changed:
            self.plans.append(plan_seen(message))
            self._changed.notify_all()
