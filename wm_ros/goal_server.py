"""The action server PlanToGoal and the three goal topics: requests in, orders for the planner loop out."""

from __future__ import annotations

from typing import Any, Callable

from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
from wm_interfaces.action import PlanToGoal

from wm_core.types import Goal
from wm_ros.conversions import ConversionError, image_to_array, joint_state_from_message, pose_from_message
from wm_ros.conversions.goal_messages import GoalDefaults, feedback_message, goal_from_action, result_message
from wm_ros.goal_check import GoalError, check_goal
from wm_ros.health import HealthReporter
from wm_ros.outcome import Code, Outcome, Progress
from wm_ros.planner_loop import Order, PlannerLoop
from wm_ros.planner_tools import PlannerTools


class Session:
    """What goals are served with while the node is active."""

    def __init__(self, loop: PlannerLoop, tools: PlannerTools, defaults: GoalDefaults) -> None:
        self.loop, self.tools, self.defaults = loop, tools, defaults


class GoalServer:
    """Every goal is accepted first, so that a refusal reaches the client with its reason in the result."""

    def __init__(self, node: Node, health: HealthReporter) -> None:
        self._node, self._health = node, health
        self._session: Session | None = None
        self._orders: dict[bytes, Order] = {}
        self._server = ActionServer(
            node,
            PlanToGoal,
            "~/plan_to_goal",
            execute_callback=_never,
            goal_callback=lambda _: GoalResponse.ACCEPT,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )
        node.create_subscription(Image, "~/goal_image", self._on_image, 1)
        node.create_subscription(PoseStamped, "~/goal_pose", self._on_pose, 1)
        node.create_subscription(JointState, "~/goal_joints", self._on_joints, 1)

    def open(self, session: Session) -> None:
        """Goals are served from now on."""
        self._session = session

    def close(self) -> None:
        """Goals end as not ready from now on."""
        self._session = None

    def destroy(self) -> None:
        """Ends the action server."""
        self._server.destroy()

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        key = bytes(handle.goal_id.uuid)

        def on_end(outcome: Outcome) -> None:
            self._orders.pop(key, None)
            self._end(handle, outcome)

        def on_progress(progress: Progress) -> None:
            handle.publish_feedback(feedback_message(progress))

        session = self._session
        if session is None:
            on_end(Outcome(Code.NOT_READY, "the planner is not active; configure and activate it first"))
            return
        try:
            goal, limit = goal_from_action(handle.request, session.tools.limits.names, session.defaults)
            check_goal(goal, session.tools)
        except (ConversionError, GoalError) as error:
            on_end(Outcome(Code.INVALID_GOAL, str(error)))
            return
        order = Order(goal, limit, True, on_end, on_progress)
        self._orders[key] = order
        running = session.loop.busy_with()
        if not session.loop.submit(order):
            on_end(Outcome(Code.BUSY, f"busy with a goal of {running}; cancel it first or wait for its end"))

    def _on_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        order = self._orders.get(bytes(handle.goal_id.uuid))
        if order is None or self._session is None:
            return CancelResponse.REJECT
        self._session.loop.cancel(order)
        return CancelResponse.ACCEPT

    def _end(self, handle: ServerGoalHandle, outcome: Outcome) -> None:
        if outcome.code not in (Code.SUCCESS, Code.CANCELED):
            self._health.error("goal", f"{outcome.code.name}: {outcome.message}")
        else:
            self._health.ok("goal", f"{outcome.code.name}: {outcome.message}")

        def finish(handle: ServerGoalHandle) -> Any:
            if outcome.code is Code.SUCCESS:
                handle.succeed()
            elif handle.is_cancel_requested:
                handle.canceled()
            else:
                handle.abort()
            return result_message(outcome)

        # Executing the goal means ending it: a callback that waited for the end would hold up the one executor
        # thread, and an `await` in it makes rclpy's executor spin at 100 %.
        handle.execute(finish)

    def _on_image(self, message: Image) -> None:
        self._on_topic("goal_image", lambda session: {"image": image_to_array(message).copy()})

    def _on_pose(self, message: PoseStamped) -> None:
        self._on_topic("goal_pose", lambda session: {"pose": pose_from_message(message, session.defaults.frame_id)})

    def _on_joints(self, message: JointState) -> None:
        self._on_topic(
            "goal_joints",
            lambda session: {
                "joints": joint_state_from_message(message, session.tools.limits.names, source="goal_joints").position
            },
        )

    def _on_topic(self, topic: str, part: Callable[[Session], dict[str, Any]]) -> None:
        session = self._session
        if session is None:
            self._health.warn("goal", f"{topic} ignored: the planner is not active")
            return
        defaults = session.defaults
        try:
            goal = Goal(
                **part(session),
                position_tolerance=defaults.position_tolerance,
                orientation_tolerance=defaults.orientation_tolerance,
                joint_tolerance=defaults.joint_tolerance,
            )
            check_goal(goal, session.tools)
        except (ConversionError, GoalError) as error:
            self._health.error("goal", f"{topic} refused: {error}")
            return
        if not session.loop.submit(Order(goal, defaults.time_limit, False, self._topic_ended, lambda _: None)):
            self._health.warn("goal", f"{topic} ignored: an action goal is running")

    def _topic_ended(self, outcome: Outcome) -> None:
        if outcome.code in (Code.SUCCESS, Code.CANCELED):
            self._health.ok("goal", f"{outcome.code.name}: {outcome.message}")
        else:
            self._health.error("goal", f"{outcome.code.name}: {outcome.message}")


def _never(handle: ServerGoalHandle) -> Any:
    raise AssertionError("goals are executed by their own callback")
