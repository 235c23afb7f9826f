"""Policies and controls on the same seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.episode import Episode, EpisodeResult, run_episode
from wm_core.evaluation.paired import compare
from wm_core.evaluation.policy import Policy
from wm_core.evaluation.report import EvaluationReport, summarise
from wm_core.evaluation.watch import Watch
from wm_core.protocols import Environment

WORST = 5  # episodes that are kept to be looked at


class SeedJob(NamedTuple):
    """What is to be done with a seed: all policies, and those controls that are not on file."""

    conditions: Conditions
    seed: int
    controls: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.conditions.task}, seed {self.seed}"


class SeedOutcome(NamedTuple):
    """What came of it. episodes: of the policies; controls: of those that were asked for, by name."""

    episodes: tuple[Episode, ...]
    controls: dict[str, EpisodeResult]


class Evaluation:
    """Results so far; `report` may be called at any time after the first seed.

    worst: up to five episodes of the first policy, the worst first.
    """

    def __init__(
        self,
        conditions: Conditions,
        policies: Sequence[Policy],
        controls: Sequence[Policy],
        store: ControlStore,
        watch: Watch | None = None,
    ) -> None:
        """A control that is among the policies too is run once. watch: the gate of the policies; controls have none.

        Raises `ValueError` for two policies of one name.
        """
        names = [policy.name for policy in policies]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"policies {names}: expected at least one, and different names")
        self.conditions = conditions
        self.worst: list[Episode] = []
        self.results: dict[str, list[EpisodeResult]] = {name: [] for name in names}
        self._policies, self._store, self._watch = policies, store, watch
        self._controls = [control for control in controls if control.name not in names]
        self._control_results: dict[str, list[EpisodeResult]] = {control.name: [] for control in self._controls}

    def run(self, environment: Environment, seeds: range) -> Iterator[EpisodeResult]:
        """Yields the first policy's result when every policy and control is done with a seed.

        An interrupted seed counts for nobody.
        """
        return self.gather(self.play(environment, job) for job in self.jobs(seeds))

    def jobs(self, seeds: range) -> Iterator[SeedJob]:
        """For `play`, here or in another process that has opened the same."""
        for seed in seeds:
            due = [name for name in self._control_results if self._store.get(self.conditions, name, seed) is None]
            yield SeedJob(self.conditions, seed, tuple(due))

    def play(self, environment: Environment, job: SeedJob) -> SeedOutcome:
        """Does a job and notes nothing: the outcome is for `gather`."""
        episodes = tuple(self._episode(environment, policy, job.seed, self._watch) for policy in self._policies)
        due = [control for control in self._controls if control.name in job.controls]
        return SeedOutcome(episodes, {one.name: self._episode(environment, one, job.seed, None).result for one in due})

    def gather(self, outcomes: Iterable[SeedOutcome]) -> Iterator[EpisodeResult]:
        """Notes outcomes, which come in the order of their jobs; yields the first policy's result of each."""
        for episodes, played in outcomes:
            fresh = episodes[0].result
            controls = [self._control(name, fresh, played.get(name)) for name in self._control_results]
            for found, episode in zip(self.results.values(), episodes):
                found.append(episode.result)
            for found, result in zip(self._control_results.values(), controls):
                found.append(result)
            self.worst = sorted([*self.worst, episodes[0]], key=_badness, reverse=True)[:WORST]
            yield fresh

    def report(self, model: str, settings: Sequence[str] = ()) -> EvaluationReport:
        """Over the seeds that are done; model and settings: for the record. Raises `ValueError` when there are none."""
        (first, ours), *others = self.results.items()
        watch = self._watch
        mode, cameras = (None, 0) if watch is None else ("stop" if watch.ends else "watch", watch.cameras)
        return EvaluationReport(
            model=model,
            settings=tuple(settings),
            conditions=self.conditions,
            policies=tuple(summarise(*item, mode, cameras) for item in self.results.items()),
            controls=tuple(summarise(*item) for item in self._control_results.items()),
            paired=tuple(compare(first, ours, second, theirs) for second, theirs in others),
        )

    def _control(self, name: str, fresh: EpisodeResult, played: EpisodeResult | None) -> EpisodeResult:
        """The result that is on file, unless it was `played`: then it is put there."""
        if played is not None:
            self._store.put(self.conditions, name, played)
            return played
        stored = self._store.get(self.conditions, name, fresh.seed)
        self._store.check(stored, fresh)
        return stored

    def _episode(self, environment: Environment, policy: Policy, seed: int, watch: Watch | None) -> Episode:
        found = self.conditions
        return run_episode(environment, policy, seed, found.goal, found.step_s, found.tolerance_m, watch)


def _badness(episode: Episode) -> tuple[bool, float]:
    return not episode.result.success, episode.result.distance_m
