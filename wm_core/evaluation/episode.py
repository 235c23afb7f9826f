"""Runs a policy in an environment and scores it by ground truth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from wm_core.config import Strict
from wm_core.evaluation.account import Account
from wm_core.evaluation.policy import Policy
from wm_core.evaluation.watch import Watch
from wm_core.protocols import Environment
from wm_core.types import Goal, Outcome

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
    stopped, stopped_after, harmed = watch.start(observation) if watch is not None else None, 0, False
    for goal, is_new in ((stage.goal, index == 0) for stage in stages for index in range(stage.steps)):
        if watch is not None and watch.ends and stopped is not None:
            break
        if is_new:
            policy.pursue(goal)
        command, past = policy.act(observation), observation
        observation = environment.step(command, step)
        frames.append(observation.image)
        late.append(environment.outcome())
        if watch is not None and stopped is None:
            stopped, stopped_after = watch.step(past, command, observation), len(frames) - 1
            harmed = HARM in late[-1].note
    result = EpisodeResult(
        seed=seed,
        success=succeeded(late[-1], tolerance),
        distance_m=late[-1].distance,
        start_distance_m=before.distance,
        steps=len(frames) - 1,
        note=late[-1].note,
        close_late=any(succeeded(outcome, tolerance) for outcome in late),
        stopped=stopped,
        stopped_after=None if stopped is None else stopped_after,
        harmed=stopped is not None and harmed,
        account=policy.finish(observation) if len(frames) > 1 else None,
    )
    return Episode(result, tuple(frames), stages[-1].goal)


def succeeded(outcome: Outcome, tolerance: float | None) -> bool:
    """By the task's own test, or with `tolerance` m in the place of the task's.

    Only distance is judged anew: an outcome whose note gives another reason stays a failure.
    """
    if tolerance is None:
        return outcome.success
    return outcome.distance <= tolerance and (outcome.success or not outcome.note)
