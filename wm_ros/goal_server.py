"""The action server PlanToGoal and the three goal topics: requests in, orders for the planner loop out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
from wm_interfaces.action import PlanToGoal

from wm_core.types import Goal
from wm_ros.conversions import ConversionError
from wm_ros.conversions.goal_messages import GoalDefaults, feedback_message, goal_from_action, result_message
from wm_ros.goal_check import GoalError, check_goal
from wm_ros.health import HealthReporter
from wm_ros.outcome import Code, Outcome, Progress
from wm_ros.planner_loop import Order, PlannerLoop
from wm_ros.planner_tools import PlannerTools


@dataclass(frozen=True, eq=False)
class Session:
    """What goals are served with while the node is active."""

    loop: PlannerLoop
    tools: PlannerTools
    defaults: GoalDefaults


class GoalServer:
    """Every goal is accepted first, so that a refusal reaches the client with its reason in the result."""

    def __init__(self, node: Node, health: HealthReporter) -> None:
        self._health = health
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
            goal, limit = _checked(handle.request, session)
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
        self._tell(outcome)

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
        self._on_topic("goal_image", PlanToGoal.Goal(image=message))

    def _on_pose(self, message: PoseStamped) -> None:
        self._on_topic("goal_pose", PlanToGoal.Goal(pose=message, use_pose=True))

    def _on_joints(self, message: JointState) -> None:
        self._on_topic("goal_joints", PlanToGoal.Goal(joints=message))

    def _on_topic(self, topic: str, request: PlanToGoal.Goal) -> None:
        session = self._session
        if session is None:
            self._health.warn("goal", f"{topic} ignored: the planner is not active")
            return
        try:
            goal, limit = _checked(request, session)
        except (ConversionError, GoalError) as error:
            self._health.error("goal", f"{topic} refused: {error}")
            return
        if not session.loop.submit(Order(goal, limit, False, self._tell, lambda _: None)):
            self._health.warn("goal", f"{topic} ignored: an action goal is running")

    def _tell(self, outcome: Outcome) -> None:
        say = self._health.ok if outcome.code in (Code.SUCCESS, Code.CANCELED) else self._health.error
        say("goal", f"{outcome.code.name}: {outcome.message}")


def _checked(request: PlanToGoal.Goal, session: Session) -> tuple[Goal, float]:
    """-> the goal and its time limit (s). Raises `ConversionError` or `GoalError`."""
    goal, limit = goal_from_action(request, session.tools.limits.names, session.defaults)
    check_goal(goal, session.tools)
    return goal, limit


def _never(handle: ServerGoalHandle) -> Any:
    raise AssertionError("goals are executed by their own callback")
