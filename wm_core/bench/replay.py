"""Episodes that were recorded, for planners to plan through again: how long does each take?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wm_core.bench.contender_policy import ContenderPolicy
from wm_core.evaluation.episode import run_episode
from wm_core.evaluation.policy import Policy
from wm_core.protocols import Environment
from wm_core.types import Command, Goal, Observation


@dataclass(eq=False)
class Recording:
    """One episode: seen, one after the other, on the way to the goal."""

    seed: int = 0
    goal: Goal | None = None
    seen: list[Observation] = field(default_factory=list)


def record(scene: Environment, driver: Policy, seed: int, step: float) -> Recording:
    """Of a task with one goal. step: s of an action."""
    recorder = _Recorder(driver)
    run_episode(scene, recorder, seed, "image", step)
    return recorder.recording


def replay(recordings: Sequence[Recording], policies: Sequence[ContenderPolicy]) -> list[list[float]]:
    """-> ms of every plan, for each policy. All plan at each moment in turn, so that a busy one hits all alike.

    What one plan hands to the next is kept as in an episode. The first moment is planned once before, to warm up.
    """
    times: list[list[float]] = [[] for _ in policies]
    for policy in policies:
        _begin(policy, recordings[0])
        policy.act(recordings[0].seen[0])
    for recording in recordings:
        for policy in policies:
            _begin(policy, recording)
        for number, observation in enumerate(recording.seen):
            for row in range(len(policies)):
                policies[(row + number) % len(policies)].act(observation)  # nobody is always the one after the slowest
        for found, policy in zip(times, policies):
            found += policy.plan_ms
    return times


def _begin(policy: ContenderPolicy, recording: Recording) -> None:
    policy.start(recording.seed)
    policy.pursue(recording.goal)


class _Recorder(Policy):
    """Keeps what its driver sees."""

    def __init__(self, driver: Policy) -> None:
        self.name, self._driver, self.recording = driver.name, driver, Recording()

    def start(self, seed: int) -> None:
        """See `Policy`, as for all below."""
        self.recording.seed = seed
        self._driver.start(seed)

    def pursue(self, goal: Goal) -> None:
        self.recording.goal = goal
        self._driver.pursue(goal)

    def act(self, observation: Observation) -> Command:
        self.recording.seen.append(observation)
        return self._driver.act(observation)
