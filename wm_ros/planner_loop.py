"""The planning thread: one goal at a time, a period at a time, each with a frame that has just come where one does."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Callable, Protocol

from wm_core.types import Goal, Plan, Trajectory
from wm_ros.goal_run import Clocks, GoalRun, RunSettings, Step, propose_rest
from wm_ros.guard_watch import GuardWatch
from wm_ros.outcome import Code, Outcome, Progress
from wm_ros.pace import Pace
from wm_ros.planner_inputs import PlannerInputs
from wm_ros.planner_tools import PlannerTools


class Outputs(Protocol):
    """Where the loop's results go; called from the planning thread."""

    def propose(self, trajectory: Trajectory, stamp: float) -> None:
        """A proposal for the guard."""

    def planned(self, plan: Plan, goal: Goal, distance: float, made: float, frame_age: float) -> None:
        """Statistics of one plan. made: s, when it was ready; frame_age: s, of its newest frame then."""

    def problem(self, part: str, message: str) -> None:
        """Something keeps the loop from planning."""

    def works(self, message: str) -> None:
        """Nothing does."""


@dataclass(eq=False)
class Order:
    """A goal and whom to tell. urgent: others may not replace it (an action goal)."""

    goal: Goal
    time_limit: float
    urgent: bool
    on_end: Callable[[Outcome], None]
    on_progress: Callable[[Progress], None]
    canceled: bool = False


class PlannerLoop:
    """Runs from construction to `close`."""

    def __init__(
        self,
        tools: PlannerTools,
        inputs: PlannerInputs,
        guard: GuardWatch,
        outputs: Outputs,
        settings: RunSettings,
        clocks: Clocks,
        period: float,
    ) -> None:
        self._tools, self._inputs, self._guard, self._outputs = tools, inputs, guard, outputs
        self._settings, self._clocks = settings, clocks
        self._pace = Pace(period, clocks.steady())
        self._frames: deque[float] = deque(maxlen=32)  # s, steady: when each came
        self._lock = threading.Lock()
        self._order: Order | None = None
        self._next: Order | None = None
        self._run: GoalRun | None = None
        self._closing = self._asked = False
        self._wake = threading.Event()
        inputs.listen(self._on_frame, lambda came: self._wake.set())
        self._thread = threading.Thread(target=self._loop, name="planner", daemon=True)
        self._thread.start()

    def submit(self, order: Order) -> bool:
        """Takes a goal; False while an action goal runs. An order that is replaced ends as canceled."""
        with self._lock:
            running = self._next or self._order
            if running is not None and running.urgent and not running.canceled:
                return False
            if self._next is not None:
                self._next.on_end(Outcome(Code.CANCELED, "replaced by a newer goal before it began"))
            self._next = order
        self._ask()
        return True

    def busy_with(self) -> str:
        """The kind of the goal that runs, '' when there is none."""
        with self._lock:
            running = self._next or self._order
            return "" if running is None else running.goal.kind

    def cancel(self, order: Order) -> None:
        """Ends this goal within a period; the arm decelerates to rest."""
        order.canceled = True
        self._ask()

    def close(self, message: str) -> None:
        """Ends the goal as not ready, proposes a stop, ends the thread."""
        self._closing = True
        self._inputs.listen(None)
        self._wake.set()
        self._thread.join(timeout=10.0)
        self._finish_all(Code.NOT_READY, message)
        self._coast()

    def _on_frame(self, came: float) -> None:
        self._frames.append(came)
        self._wake.set()

    def _ask(self) -> None:
        """Somebody waits: the next period begins at once."""
        self._asked = True
        self._wake.set()

    def _loop(self) -> None:
        while not self._closing:
            self._asked = False
            self._pace.begin(self._clocks.steady())
            self._surely(self._tick)
            self._rest()

    def _surely(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # a bug of ours must not end the thread silently: say it, hold, go on
            self._outputs.problem("planning", f"exception in the planning thread: {type(error).__name__}: {error}")
            self._finish_all(Code.PLANNER_ERROR, f"{type(error).__name__}: {error}")

    def _rest(self) -> None:
        """Until the next period begins. The gate looks at what comes meanwhile; the period itself shows it the rest."""
        steady = self._clocks.steady
        while (left := self._left()) > 0.0:
            until = steady() + left
            self._surely(self._glance)
            self._wake.wait(until - steady())

    def _left(self) -> float:
        """s until the next period begins, with what has come so far; not above 0 where it begins now."""
        self._wake.clear()
        while self._frames:
            self._pace.frame(self._frames.popleft())
        return 0.0 if self._closing or self._asked else self._pace.wait(self._clocks.steady())

    def _tick(self) -> None:
        self._take_order()
        order, run = self._order, self._run
        if order is None or run is None:
            self._coast()
            return
        if order.canceled:
            self._finish(run.final(Code.CANCELED, "canceled"))
            self._coast()
            return
        self._carry_out(run.step(), order, run)

    def _glance(self) -> None:
        order, run = self._order, self._run
        step = None if order is None or run is None or order.canceled else run.glance()
        if step is not None:
            self._carry_out(step, order, run)

    def _carry_out(self, step: Step, order: Order, run: GoalRun) -> None:
        refusal = None if step.problem is not None else self._guard.refusing(self._clocks.steady())
        if step.trajectory is not None and not order.canceled:
            self._outputs.propose(step.trajectory, step.stamp)
        if step.draft is not None:
            plan = run.review(step.draft)
            self._outputs.planned(plan, order.goal, step.progress.distance, step.made, step.frame_age)
        if step.problem is not None:
            self._guard.reset()  # the arm holds: what was refused before says nothing about what comes after that
            self._outputs.problem(step.problem.part, step.problem.message)
        elif step.outcome is None:
            self._outputs.works(f"planning to a goal of {order.goal.kind}")
        order.on_progress(step.progress)
        if step.outcome is not None:
            self._finish(step.outcome)
        elif refusal is not None:
            self._finish(run.final(Code.REJECTED_BY_GUARD, f"the guard refuses every proposal: {refusal}"))

    def _take_order(self) -> None:
        with self._lock:
            if self._next is None:
                return
            replaced, self._order, self._next = self._order, self._next, None
            order = self._order
        if replaced is not None:
            replaced.on_end(Outcome(Code.CANCELED, "replaced by a newer goal"))
        self._guard.reset()
        self._run = GoalRun(order.goal, order.time_limit, self._tools, self._inputs, self._settings, self._clocks)

    def _finish(self, outcome: Outcome) -> None:
        with self._lock:
            order, self._order, self._run = self._order, None, None
        if order is not None:
            order.on_end(outcome)
        self._outputs.works(f"no goal; the last one: {outcome.code.name}, {outcome.message}")

    def _finish_all(self, code: Code, message: str) -> None:
        self._finish(Outcome(code, message))
        with self._lock:
            waiting, self._next = self._next, None
        if waiting is not None:
            waiting.on_end(Outcome(code, message))

    def _coast(self) -> None:
        """Without a goal: bring the arm to rest, and go on proposing that until it is."""
        stamp = self._clocks.now() + self._settings.take_over
        trajectory = propose_rest(self._inputs, self._tools, stamp)
        if trajectory is not None:
            self._outputs.propose(trajectory, stamp)
