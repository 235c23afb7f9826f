"""A contender in closed loop."""

from __future__ import annotations

import time

import numpy as np

from wm_core.baselines.mover import Mover
from wm_core.bench.contender import Contender
from wm_core.evaluation.policy import Policy
from wm_core.history import ObservationHistory
from wm_core.types import Command, Goal, Observation


class ContenderPolicy(Policy):
    """One plan an action; the tool goes where the first displacement says, the same way for every contender.

    plan_ms: what the plans of this episode took.
    """

    def __init__(self, contender: Contender, mover: Mover, history: int, step: float) -> None:
        """history: moments that the model sees, `step` s apart."""
        self.name = contender.name
        self._contender, self._mover = contender, mover
        self._seen = ObservationHistory(history, step, camera_period=step)

    def start(self, seed: int) -> None:
        """See `Policy`."""
        self._seen.clear()
        self._seed = seed
        self.plan_ms: list[float] = []

    def pursue(self, goal: Goal) -> None:
        """A warm start ends with the goal that it was for; no two goals of an episode are planned for with one seed."""
        self._goal = goal
        self._contender.reset(self._seed + len(self.plan_ms))

    def act(self, observation: Observation) -> Command:
        """The first step of a fresh plan."""
        self._seen.add(observation)
        begun = time.perf_counter()
        controls = self._contender.plan(self._seen.window(pad=True), self._goal)
        self.plan_ms.append(1e3 * (time.perf_counter() - begun))
        first = np.asarray(controls[0], dtype=float)
        joints = self._mover.step(observation.joints.position, first[:3])
        return Command(joints, int(first[3]) if len(first) > 3 else 0)
