"""Moves the arm about while it is recorded, through planner and guard."""

from __future__ import annotations

import threading
import time
from typing import Callable

import numpy as np

from wm_core.types import Goal, Pose
from wm_ros.client import PendingGoal, PlannerClient, PlannerTimeout
from wm_ros.outcome import Code, Outcome
from wm_ros.recording.roaming import Leg, Roaming

_AS_IT_SHOULD = (Code.SUCCESS, Code.CANCELED, Code.NO_PROGRESS, Code.TIME_LIMIT)
_FAILURES = 5  # legs in a row
_FAR, _MOVED, _STILL = 0.04, 0.005, 10  # m of a way, m that the tool was moved on it, ways without that in a row
_LOOKING = 0.05  # s between two looks at a leg
_ARRIVED = 0.01  # m from the aim
_PATIENCE = 10.0  # s for a goal to end that was canceled


class Drive:
    """A thread that sends one pose goal after another, from construction to `close`."""

    def __init__(self, client: PlannerClient, roaming: Roaming, tool: Callable[[], np.ndarray | None]) -> None:
        """tool: -> (3,) m, where it is, None while that is not known."""
        self._client, self._roaming, self._tool = client, roaming, tool
        self._closing = threading.Event()
        self._failures = self._still = 0
        self.problem = ""
        """Why it gave up, '' while it drives."""
        self._thread = threading.Thread(target=self._drive, name="drive", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the goal: the arm comes to rest."""
        self._closing.set()
        self._thread.join()

    def _drive(self) -> None:
        try:
            while not self._closing.is_set() and not self.problem:
                self._leg()
        except PlannerTimeout as error:
            self.problem = f"the planner does not answer any more: {error}; does it still run?"
        except Exception as error:  # the thread's end must not go unnoticed: nothing would move any more
            self.problem = f"the drive ended: {type(error).__name__}: {error}"

    def _leg(self) -> None:
        tool = self._tool()
        if tool is None:
            self._closing.wait(0.1)
            return
        leg = self._roaming.next(tool)
        if leg.aim is None:
            self._closing.wait(leg.seconds)
            return
        pending = self._client.start(Goal(pose=Pose(leg.aim)), time_limit=leg.seconds + _PATIENCE)
        outcome = self._end(pending, leg)
        self._judge(outcome)
        self._look_whether_it_moved(tool, leg.aim, outcome)

    def _end(self, pending: PendingGoal, leg: Leg) -> Outcome:
        """A leg is over before the planner calls its goal reached: standing there teaches little."""
        until = time.monotonic() + leg.seconds
        while not (pending.ended or self._closing.is_set() or time.monotonic() > until or self._near(leg.aim)):
            self._closing.wait(_LOOKING)
        if not pending.ended:
            pending.cancel()
        return pending.result(_PATIENCE)

    def _near(self, aim: np.ndarray) -> bool:
        tool = self._tool()
        return tool is not None and float(np.linalg.norm(tool - aim)) < _ARRIVED

    def _judge(self, outcome: Outcome) -> None:
        if outcome.code in _AS_IT_SHOULD:
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= _FAILURES:
            self.problem = f"the planner refused {_FAILURES} goals in a row, the last one as {outcome.code.name}: {outcome.message}"
        self._closing.wait(0.5)

    def _look_whether_it_moved(self, begin: np.ndarray, aim: np.ndarray, outcome: Outcome) -> None:
        tool = self._tool()
        if tool is None or np.linalg.norm(aim - begin) < _FAR:
            return
        self._still = self._still + 1 if np.linalg.norm(tool - begin) < _MOVED else 0
        if self._still >= _STILL and not self.problem:
            self.problem = f"the arm did not move on {_STILL} ways in a row, the last one ended as {outcome.code.name}: {outcome.message}"
