"""Drives a planner from Python through its public ROS interface: the demo, the benchmarks and the tests use it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future as Promise
from concurrent.futures import TimeoutError as NotInTime  # not the built-in one before Python 3.11
from contextlib import suppress
from typing import Any, Callable, Sequence

import rclpy
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.task import Future
from wm_interfaces.action import PlanToGoal

from wm_core.types import Goal
from wm_ros.conversions.goal_messages import goal_to_action, outcome_from_result, progress_from_feedback
from wm_ros.executor import executor_of
from wm_ros.outcome import Code, Outcome, Progress

_ANSWER = 2.0  # s until a question is asked again
_FAREWELL = 2.0  # s that `close` waits for a goal to end


class PlannerTimeout(TimeoutError):
    """The planner did not answer; the text says to what."""


class PendingGoal:
    """A goal that was sent."""

    def __init__(self, sent: Future, on_end: Promise[Outcome]) -> None:
        self._sent, self._end = sent, on_end

    def result(self, timeout: float) -> Outcome:
        """Waits for the end. Raises `PlannerTimeout`."""
        try:
            return self._end.result(timeout)
        except NotInTime:
            raise PlannerTimeout(f"the goal did not end within {timeout:.0f} s") from None

    @property
    def ended(self) -> bool:
        """Whether `result` has an answer."""
        return self._end.done()

    def cancel(self) -> None:
        """Asks for an early end; `result` tells how it went."""
        self._sent.add_done_callback(lambda sent: sent.result().cancel_goal_async())


class PlannerClient:
    """A node of its own, spun in its own thread. Use it in a `with` block."""

    def __init__(self, joint_names: Sequence[str], namespace: str = "", name: str = "planner_client") -> None:
        """joint_names: those of the robot's YAML file, the order of `Goal.joints`."""
        self._names = tuple(joint_names)
        self._context = Context()
        rclpy.init(context=self._context)
        self.node: Node = rclpy.create_node(name, namespace=namespace, context=self._context)
        self._actions = ActionClient(self.node, PlanToGoal, "planner/plan_to_goal")
        self._state = self.node.create_client(GetState, "planner/get_state")
        self._executor = executor_of(self.node)
        self._pending: list[PendingGoal] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> PlannerClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Cancels goals that have not ended, so that the arm does not drive on for nobody; ends thread and node."""
        for goal in self._pending:
            if not goal.ended:
                goal.cancel()
        for goal in self._pending:
            with suppress(PlannerTimeout, RuntimeError):
                goal.result(_FAREWELL)
        self._closing.set()
        self._executor.wake()
        self._thread.join()
        self._executor.shutdown()
        self._actions.destroy()
        self.node.destroy_node()
        self._context.try_shutdown()

    def wait_until_active(self, timeout: float) -> None:
        """Until the planner takes goals. Raises `PlannerTimeout` with the state it is in."""
        end = time.monotonic() + timeout
        label = "not there"
        while time.monotonic() < end:
            if self._state.wait_for_service(timeout_sec=min(1.0, timeout)):
                state = self._ask_state(min(end, time.monotonic() + _ANSWER))
                label = "silent" if state is None else state.label
                if state is not None and state.id == State.PRIMARY_STATE_ACTIVE:
                    break
            self._closing.wait(0.1)
        else:
            raise PlannerTimeout(f"the planner was not active within {timeout:.0f} s: it is {label}")
        if not self._actions.wait_for_server(timeout_sec=max(0.1, end - time.monotonic())):
            raise PlannerTimeout(f"the planner is active, and its action server was not found within {timeout:.0f} s")

    def start(
        self,
        goal: Goal | PlanToGoal.Goal,
        time_limit: float = 0.0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> PendingGoal:
        """Sends a goal. time_limit: s, 0 for the planner's default. on_progress: called from the client's thread."""
        message = goal_to_action(goal, self._names, "", time_limit) if isinstance(goal, Goal) else goal
        end: Promise[Outcome] = Promise()

        def on_feedback(feedback: Any) -> None:
            if on_progress is not None:
                on_progress(progress_from_feedback(feedback.feedback))

        def on_sent(sent: Future) -> None:
            handle = sent.result()
            if not handle.accepted:
                end.set_exception(RuntimeError("the action server refused the goal without a reason"))
                return
            handle.get_result_async().add_done_callback(
                lambda done: end.set_result(outcome_from_result(done.result().result))
            )

        sent = self._actions.send_goal_async(message, feedback_callback=on_feedback)
        sent.add_done_callback(on_sent)
        self._pending = [goal for goal in self._pending if not goal.ended] + [PendingGoal(sent, end)]
        return self._pending[-1]

    def send(
        self,
        goal: Goal | PlanToGoal.Goal,
        time_limit: float = 30.0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Outcome:
        """Sends a goal and waits for its end. Raises `PlannerTimeout` if the planner is gone."""
        return self.start(goal, time_limit, on_progress).result(time_limit + 10.0)

    def send_in_turn(
        self,
        goals: Sequence[Goal],
        time_limit: float = 30.0,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> list[Outcome]:
        """Sub-goals, each sent when the one before has succeeded -> their ends; what comes after a failure is not sent.

        time_limit: s, of each. Raises as `send`.
        """
        ends: list[Outcome] = []
        for goal in goals:
            ends.append(self.send(goal, time_limit, on_progress))
            if ends[-1].code is not Code.SUCCESS:
                break
        return ends

    def _ask_state(self, end: float) -> State | None:
        """None without an answer: a service may be found before the way back to us is, and its answer is then lost."""
        answer: Promise[State] = Promise()
        asked = self._state.call_async(GetState.Request())
        asked.add_done_callback(lambda done: answer.set_result(done.result().current_state))
        try:
            return answer.result(max(0.1, end - time.monotonic()))
        except NotInTime:
            return None

    def _spin(self) -> None:
        while not self._closing.is_set():
            try:
                self._executor.spin_once(timeout_sec=0.2)
            except ExternalShutdownException:
                return
