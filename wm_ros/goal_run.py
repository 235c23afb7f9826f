"""One goal from acceptance to its end, a period at a time. No ROS: what goes out is returned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Sequence

import numpy as np

from wm_core.kinematics.time_parameterisation import stop
from wm_core.protocols import Draft
from wm_core.types import Goal, Observation, Plan, PlannerState, Trajectory
from wm_ros.fingers import Fingers
from wm_ros.freshness import InputError
from wm_ros.goal_meter import Reading
from wm_ros.outcome import Code, Outcome, Progress
from wm_ros.planner_inputs import PlannerInputs
from wm_ros.planner_tools import PlannerTools
from wm_ros.progress import ProgressMonitor
from wm_ros.timing import timed

# Plans in a row that may fail before the goal is given up.
_FAILURES = 5
# s; the guard needs about 10 ms
_ANSWER = 0.15


@dataclass(frozen=True)
class RunSettings:
    """Times in s; see `PlannerParameters`."""

    horizon: float
    take_over: float
    rest_speed: float
    settle_time: float
    no_progress_time: float
    no_progress_time_object: float
    camera_period: float = 0.1

    def patience(self, goal: Goal) -> float:
        """s that the distance may go without a fall. A push that missed has moved its object away, and is tried again."""
        return self.no_progress_time_object if goal.about_object else self.no_progress_time


@dataclass(frozen=True)
class Clocks:
    """now: s on the clock of the stamps; steady: s, never jumps."""

    now: Callable[[], float]
    steady: Callable[[], float]


@dataclass(frozen=True, eq=False)
class Step:
    """What one period gave. stamp: s, the moment that the proposal's times count from, a little ahead.

    made, frame_age: s, when the plan was ready, and how old its newest frame was then.

    trajectory, draft: None where nothing was planned. problem: why not, and whose fault it is.
    """

    progress: Progress
    outcome: Outcome | None = None
    trajectory: Trajectory | None = None
    stamp: float = 0.0
    draft: Draft | None = None
    made: float = 0.0
    frame_age: float = float("nan")
    problem: InputError | None = None


class GoalRun:
    """Plans towards one goal until it is reached or given up."""

    def __init__(
        self, goal: Goal, time_limit: float, tools: PlannerTools, inputs: PlannerInputs, settings: RunSettings, clocks: Clocks
    ) -> None:
        self.goal = goal
        self._tools, self._inputs, self._settings, self._clocks = tools, inputs, settings, clocks
        self._time_limit = time_limit
        self._ends = clocks.steady() + time_limit
        self._meter = tools.goal_meter(goal)
        self._fingers = None if tools.gripper is None else Fingers(tools.gripper)
        inputs.fingers.forget()
        self._watch = tools.gate_watch(settings.camera_period)
        self._monitor = ProgressMonitor(settings.settle_time, settings.patience(goal), smallest_gain=0.03)
        self._state = PlannerState(seed=tools.seed)
        self._plan_seconds = 0.05
        self._latent_cost = float("nan")
        self._failures = 0
        self._held = False  # in the last period
        self._distance = float("nan")

    def step(self) -> Step:
        """One period: look, decide whether it is over, else plan."""
        now, steady = self._clocks.now(), self._clocks.steady()
        try:
            self._inputs.check(now, steady)
            measured, observations = self._inputs.measured(), self._inputs.window()
            surprise = None if self._watch is None else self._watch.look(self._inputs.frames(), self._inputs.watched())
            if surprise is not None:
                return self._surprised(surprise)
            reading = self._meter.read(measured.position, observations, self._state.handled)
            self._distance = reading.distance
            resting = float(np.abs(measured.velocity).max()) <= self._settings.rest_speed
            self._monitor.add(reading, resting, steady)
            outcome = self._end(reading, steady)
            if outcome is not None:
                return Step(self._progress("settling"), outcome)
            if reading.within and (self.goal.about_object or self._monitor.lingers(steady)):
                # With a goal about an object the arm has nowhere to be: it waits whether that stays there. With another one
                # it may turn to and fro where it cannot hold the tool as its robot file says, which the goal does not ask for.
                return self._rest("settling")
            return self._plan(now, observations)
        except InputError as problem:
            return self._wait(problem, steady)

    def glance(self) -> Step | None:
        """Between two periods: the end, where something came in since the gate last looked."""
        surprise = None if self._watch is None else self._watch.glance(self._inputs.frames(), self._inputs.watched())
        return None if surprise is None else self._surprised(surprise)

    def review(self, draft: Draft) -> Plan:
        """The plan of the last step, with why it was chosen. Call it when the proposal is out: that does not wait for it."""
        plan, self._state = draft.review()
        return plan

    def _surprised(self, reason: str) -> Step:
        outcome = self.final(Code.SURPRISED, f"the model's gate stopped the arm: {reason}")
        return replace(self._holding(InputError("gate", reason)), outcome=outcome)

    def final(self, code: Code, message: str) -> Outcome:
        """An end that comes from outside, with the error so far."""
        return Outcome(code, message, self._distance)

    def _end(self, reading: Reading, steady: float) -> Outcome | None:
        distance = f"{reading.distance:.3f} {'rad' if self.goal.kind == 'joints' else 'm'}"
        if reading.turn > self.goal.orientation_tolerance:
            distance += f" and {reading.turn:.2f} rad"
        phase = "" if reading.phase is None else f" (phase {reading.phase.value})"
        if self._monitor.reached(steady):
            return Outcome(Code.SUCCESS, f"reached, {distance} from the goal", reading.distance)
        if self._monitor.stuck(steady):
            text = f"no progress for {self._settings.patience(self.goal):.1f} s: still {distance} from the goal{phase}; is it within reach?"
            return Outcome(Code.NO_PROGRESS, text, reading.distance)
        if steady > self._ends:
            still = " and not at rest" if reading.within else ""
            text = f"time limit of {self._time_limit:.1f} s passed, {distance} from the goal{still}{phase}"
            return Outcome(Code.TIME_LIMIT, text, reading.distance)
        return None

    def _plan(self, now: float, observations: Sequence[Observation]) -> Step:
        ahead = self._inputs.commanded(now + self._plan_seconds + self._settings.take_over)
        try:
            state = self._resumed(observations[-1].stamp)
            draft = self._tools.planner.draft(observations, self.goal, state, ahead.position, ahead.velocity)
            plan, self._state = draft.plan, draft.state
            if not np.isfinite(plan.joint_path).all():
                raise ValueError("the plan is not finite")
            self._plan_seconds = 0.8 * self._plan_seconds + 0.2 * plan.seconds
            # Without the answer to the last proposal it is not known what is under way.
            self._inputs.await_answer(_ANSWER)
            # From now on, not from the moment that was predicted: planning took what it took.
            made = self._clocks.now()
            stamp = made + self._settings.take_over
            start = self._inputs.commanded(stamp)
            trajectory = timed(plan, start, self._tools, self._settings.horizon)
            trajectory = self._with_fingers(trajectory, plan, stamp)
        except Exception as error:  # out of memory, NaN, no IK: the arm holds, and says why
            return self._failed(error)
        self._failures, self._held = 0, False
        self._latent_cost = plan.latent_cost
        state = "settling" if self._monitor.settling() else "planning"
        age = made - observations[-1].stamp
        return Step(self._progress(state, plan), None, trajectory, stamp, draft, made, age)

    def _resumed(self, stamp: float) -> PlannerState:
        """The state for a plan at `stamp` (s). The time of a hold is not taken off what a phase is given: nobody lets go for it."""
        state = self._state
        if not self._held or state.handled is None:
            return state
        return replace(state, handled=state.handled.later(stamp - state.stamp))

    def _with_fingers(self, trajectory: Trajectory, plan: Plan, stamp: float) -> Trajectory:
        if self._fingers is None or plan.gripper is None:
            return trajectory
        self._fingers.want(int(plan.gripper[0]))
        if self._watch is not None:
            self._watch.commanded(stamp, int(plan.gripper[0]))
        return self._fingers.join(trajectory, self._inputs.fingers.newest, self._inputs.fingers.told)

    def _failed(self, error: Exception) -> Step:
        self._failures += 1
        # All but the search begins anew: what is in the hand stays there.
        self._state = PlannerState(self._state.seed + 1, stamp=self._state.stamp, handled=self._state.handled)
        text = f"{type(error).__name__}: {error}"
        if self._failures >= _FAILURES:
            return Step(self._progress("holding"), self.final(Code.PLANNER_ERROR, f"{_FAILURES} plans failed: {text}"))
        return self._holding(InputError("planning", text))

    def _wait(self, problem: InputError, steady: float) -> Step:
        self._monitor.pause(steady)
        if steady > self._ends:
            return Step(self._progress("holding"), self.final(Code.NOT_READY, str(problem)), problem=problem)
        return self._holding(problem)

    def _holding(self, problem: InputError) -> Step:
        self._held = True
        return replace(self._rest("holding"), problem=problem)

    def _rest(self, state: str) -> Step:
        stamp = self._clocks.now() + self._settings.take_over
        return Step(self._progress(state), None, propose_rest(self._inputs, self._tools, stamp), stamp)

    def _progress(self, state: str, plan: Plan | None = None) -> Progress:
        plan_ms = float("nan") if plan is None else 1e3 * plan.seconds
        handled = self._state.handled
        return Progress(self._distance, self._latent_cost, plan_ms, state, "" if handled is None else handled.phase.value)


def propose_rest(inputs: PlannerInputs, tools: PlannerTools, now: float) -> Trajectory | None:
    """A stop from what is commanded now; None for an arm that is at rest."""
    state = inputs.commanded(now)
    if state is None or not inputs.moving(now):
        return None
    return stop(state, tools.limits)
