"""Policies and controls on the same seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.episode import Episode, EpisodeResult, run_episode
from wm_core.evaluation.paired import compare
from wm_core.evaluation.policy import Policy
from wm_core.evaluation.report import EvaluationReport, summarise
from wm_core.evaluation.watch import Watch
from wm_core.protocols import Environment

WORST = 5  # episodes that are kept to be looked at


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
        for seed in seeds:
            episodes = [self._episode(environment, policy, seed, self._watch) for policy in self._policies]
            fresh = episodes[0].result
            controls = [self._control(environment, control, fresh) for control in self._controls]
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

    def _control(self, environment: Environment, control: Policy, fresh: EpisodeResult) -> EpisodeResult:
        stored = self._store.get(self.conditions, control.name, fresh.seed)
        if stored is not None:
            self._store.check(stored, fresh)
            return stored
        result = self._episode(environment, control, fresh.seed, None).result
        self._store.put(self.conditions, control.name, result)
        return result

    def _episode(self, environment: Environment, policy: Policy, seed: int, watch: Watch | None) -> Episode:
        found = self.conditions
        return run_episode(environment, policy, seed, found.goal, found.step_s, found.tolerance_m, watch)


def _badness(episode: Episode) -> tuple[bool, float]:
    return not episode.result.success, episode.result.distance_m
