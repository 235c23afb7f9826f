"""Runs a policy in an environment and scores it by ground truth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from wm_core.config import Strict
from wm_core.evaluation.account import Account
from wm_core.evaluation.policy import Policy
from wm_core.evaluation.watch import Stop, Watch
from wm_core.protocols import Environment
from wm_core.types import Command, Goal, Observation, Outcome

LATE = 5  # last steps that `close_late` looks at
HARM = "touched"  # what a note says of a contact that must not be: nothing makes it undone


class EpisodeResult(Strict):
    """One episode; distances in m by the simulator's ground truth.

    success, distance_m, note: as the task stands at the last step, and nowhere else.
    close_late: it stood well at any of the last five steps; other papers count that, no figure of ours does.
    steps: actions done. stopped: why a gate stopped, None where none did; stopped_after: that many actions; harmed: by
    then something had been touched that must not be. Where the gate only watches, the episode goes on and all the rest
    is as if there were none.
    """

    seed: int
    success: bool
    distance_m: float
    start_distance_m: float
    steps: int
    note: str = ""
    close_late: bool = False
    stopped: str | None = None
    stopped_after: int | None = None
    harmed: bool = False
    account: Account | None = None


@dataclass(frozen=True, eq=False)
class Episode:
    """result, and for people to look at: frames, (H, W, 3) uint8 each, start to end; goal: the last stage's."""

    result: EpisodeResult
    frames: tuple[np.ndarray, ...]
    goal: Goal


def run_episode(
    environment: Environment,
    policy: Policy,
    seed: int,
    kind: str,
    step: float,
    tolerance: float | None = None,
    watch: Watch | None = None,
) -> Episode:
    """Every step of every stage, `step` s each: nobody tells the policy that it has arrived.

    kind: how goals are told. tolerance: m instead of the task's own. watch: the gate, where there is one; its stop ends
    the episode unless it only watches.
    """
    observation = environment.reset(seed)
    stages = environment.stages(seed, kind)
    before = environment.outcome()
    frames, late = [observation.image], deque([before], maxlen=LATE)
    # Declared, as a fence on a real bench is: a picture from one side does not say how deep an obstacle is.
    policy.avoid(tuple(getattr(environment, "obstacles", ())))
    policy.start(seed)
    guarded = None if watch is None else _Guarded(environment, watch, observation)
    for goal, is_new in ((stage.goal, index == 0) for stage in stages for index in range(stage.steps)):
        if guarded is not None and guarded.over:
            break
        if is_new:
            policy.pursue(goal)
        command = policy.act(observation)
        observation = environment.step(command, step) if guarded is None else guarded.step(command, step, observation)
        frames.append(observation.image)
        late.append(environment.outcome())
    stop = None if guarded is None else guarded.stop
    result = EpisodeResult(
        seed=seed,
        success=succeeded(late[-1], tolerance),
        distance_m=late[-1].distance,
        start_distance_m=before.distance,
        steps=len(frames) - 1,
        note=late[-1].note,
        close_late=any(succeeded(outcome, tolerance) for outcome in late),
        stopped=None if stop is None else stop.reason,
        stopped_after=None if stop is None else stop.after,
        harmed=stop is not None and stop.harmed,
        account=policy.finish(observation) if len(frames) > 1 else None,
    )
    return Episode(result, tuple(frames), stages[-1].goal)


class _Guarded:
    """Steps an environment under the eyes of a gate. stop: the first one, None so far."""

    def __init__(self, environment: Environment, watch: Watch, first: Observation) -> None:
        self._environment, self._watch, self._done = environment, watch, 0
        self.stop: Stop | None = None
        self._note(watch.start(first))

    @property
    def over(self) -> bool:
        """Whether the episode ends here."""
        return self._watch.ends and self.stop is not None

    def step(self, command: Command, duration: float, before: Observation) -> Observation:
        """As `Environment.step`; a stop in between ends it, if stops end episodes."""
        self._done += 1
        if self.stop is not None:
            return self._environment.step(command, duration)
        after = self._environment.step(command, duration, self._glance)
        if self.stop is None:
            self._note(self._watch.step(before, command, after))
        return after

    def _glance(self, seen: Observation) -> bool:
        if self.stop is None:
            self._note(self._watch.glance(seen))
        return self.over

    def _note(self, reason: str | None) -> None:
        # Before the first step there is nothing that could have been touched.
        if reason is not None:
            self.stop = Stop(reason, self._done, self._done > 0 and HARM in self._environment.outcome().note)


def succeeded(outcome: Outcome, tolerance: float | None) -> bool:
    """By the task's own test, or with `tolerance` m in the place of the task's.

    Only distance is judged anew: an outcome whose note gives another reason stays a failure.
    """
    if tolerance is None:
        return outcome.success
    return outcome.distance <= tolerance and (outcome.success or not outcome.note)
