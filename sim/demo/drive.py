"""Sends goals and writes down what became of them."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Callable

import numpy as np

from sim.demo.goals import DemoGoal, Verdict, judge
from sim.demo.launched import LaunchedSystem
from sim.demo.recorder import Recorder
from wm_core.types import Pose
from wm_ros.client import PendingGoal, PlannerClient, PlannerTimeout
from wm_ros.outcome import Outcome, Progress

# Python 3.10 has a TimeoutError of its own for futures, and the client lets it pass.
_NO_ANSWER_YET = (PlannerTimeout, FutureTimeout)
_RESTING = 0.002  # m that the tool may move in _REST_SPAN seconds of rest
_REST_SPAN = 0.3
_REST_LIMIT = 3.0  # s


class DemoError(RuntimeError):
    """The demo cannot go on; the text is for the person who started it."""


@dataclass(frozen=True, eq=False)
class GoalRecord:
    """One goal from sending to rest. times: (N,) s since it was sent; distances: (N,) m by ground truth.

    seconds: until the planner's answer. plan_ms: (P,), each plan's own report. begin, end: s of the wall clock, as stamps are.
    """

    demo: DemoGoal
    outcome: Outcome
    verdict: Verdict
    seconds: float
    times: np.ndarray
    distances: np.ndarray
    plan_ms: np.ndarray
    start_picture: np.ndarray
    end_picture: np.ndarray
    begin: float
    end: float


class Driver:
    """Talks to the planner while watching that the launch lives and that time is left."""

    def __init__(self, system: LaunchedSystem, client: PlannerClient, recorder: Recorder, deadline: float) -> None:
        """deadline: s of `time.monotonic`, for everything."""
        self._system, self._client, self._recorder, self._deadline = system, client, recorder, deadline

    def wait_until_ready(self) -> None:
        """Planner active, camera, joints and truth heard of. Raises `DemoError` or `LaunchDied`."""
        active = False
        while not (active and self._recorder.ready()):
            self._check("the arm and its planner were not ready")
            if self._recorder.configure_error:
                raise DemoError(f"the planner could not be configured: {self._recorder.configure_error}")
            try:
                self._client.wait_until_active(1.0)
                active = True
                time.sleep(0.05)
            except _NO_ANSWER_YET:
                pass  # ask again: nodes need several seconds to start

    def reach(self, demo: DemoGoal, on_distance: Callable[[float], None]) -> GoalRecord:
        """on_distance: gets the true distance (m) several times a second. Raises `DemoError` or `LaunchDied`."""
        plan_ms: list[float] = []

        def on_progress(progress: Progress) -> None:
            if np.isfinite(progress.plan_ms):
                plan_ms.append(progress.plan_ms)

        start_picture, begin = self._recorder.last_frame(), time.time()
        outcome = self._await(self._client.start(demo.goal, 0.0, on_progress), demo, begin, on_distance)
        seconds = time.time() - begin
        self._settle()
        end = time.time()
        track = self._recorder.poses(demo.about, begin)
        return GoalRecord(
            demo=demo,
            outcome=outcome,
            verdict=judge(demo, track[-1][1], self._recorder.joints(), self._recorder.opening(), _raised(track)),
            seconds=seconds,
            times=np.array([at - begin for at, _ in track]),
            distances=np.array([np.linalg.norm(pose.position - demo.target) for _, pose in track]),
            plan_ms=np.array(plan_ms),
            start_picture=start_picture,
            end_picture=self._recorder.last_frame(),
            begin=begin,
            end=end,
        )

    def _await(
        self, pending: PendingGoal, demo: DemoGoal, begin: float, on_distance: Callable[[float], None]
    ) -> Outcome:
        while True:
            self._check(f"the planner did not end its goal ({demo.name})")
            try:
                return pending.result(0.2)
            except _NO_ANSWER_YET:
                for _, pose in self._recorder.poses(demo.about, begin)[-1:]:
                    on_distance(float(np.linalg.norm(pose.position - demo.target)))

    def _settle(self) -> None:
        """Until the tool rests: what counts is where the arm stays."""
        limit = time.monotonic() + _REST_LIMIT
        time.sleep(_REST_SPAN)
        while time.monotonic() < limit:
            self._check("the arm did not come to rest")
            recent = [pose.position for _, pose in self._recorder.poses("tool", time.time() - _REST_SPAN)]
            if recent and np.ptp(recent, axis=0).max() < _RESTING:
                return
            time.sleep(0.05)
        if not recent:
            raise DemoError("the simulator stopped publishing sim/tool_pose")

    def _check(self, late: str) -> None:
        self._system.check()
        if time.monotonic() > self._deadline:
            raise DemoError(f"time limit of the demo passed: {late}")


def _raised(track: list[tuple[float, Pose]]) -> float:
    """m from the first height to the highest"""
    heights = [pose.position[2] for _, pose in track]
    return float(max(heights) - heights[0])
