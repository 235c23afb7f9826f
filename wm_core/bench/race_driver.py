"""Drives the episodes of a race, in this process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from wm_core.bench.entrants import Entrants
from wm_core.bench.race import Entry
from wm_core.bench.report import percentiles
from wm_core.bench.sweep_rows import EpisodeRow
from wm_core.environments import make_environment
from wm_core.evaluation.episode import run_episode
from wm_core.protocols import Environment
from wm_core.workers import Workers


class RaceJob(NamedTuple):
    """One episode."""

    task: str
    entry: Entry
    seed: int

    def __str__(self) -> str:
        return f"{self.task} {self.seed} {self.entry}"


Drive = Callable[[Iterable[RaceJob]], Iterator[EpisodeRow]]


@contextmanager
def race_driver(environment: str, entrants: Mapping[str, Entrants], count: int = 1, threads: int = 0) -> Iterator[Drive]:
    """-> drives jobs in `count` processes and yields their rows as they are done. One process is this one.

    environment: as registered; entrants: of each task. threads: torch's in each of several processes; 0: one in each.
    """
    driver = _Driver(environment, entrants)
    if count == 1:
        try:
            yield partial(map, driver)
        finally:
            driver.close()
        return
    with Workers(driver, count, threads or 1) as workers:
        yield lambda jobs: (row for _, row in workers.run(jobs))


class _Driver:
    """Scenes stay open from one job to the next."""

    def __init__(self, environment: str, entrants: Mapping[str, Entrants]) -> None:
        self._environment, self._entrants = environment, entrants
        self._scenes: dict[str, Environment] = {}

    def __call__(self, job: RaceJob) -> EpisodeRow:
        entrants = self._entrants[job.task]
        policy = entrants.policy(job.entry)
        result = run_episode(self._scene(job.task), policy, job.seed, "image", entrants.step).result
        middle, late = percentiles(policy.plan_ms)
        origin = entrants.origin(self._environment)
        return EpisodeRow(
            task=job.task,
            planner=job.entry.planner,
            setting=job.entry.setting,
            seed=job.seed,
            success=result.success,
            distance_m=round(result.distance_m, 5),
            p50_ms=middle,
            p95_ms=late,
            **origin._asdict(),
        )

    def close(self) -> None:
        """All scenes."""
        for scene in self._scenes.values():
            scene.close()

    def _scene(self, task: str) -> Environment:
        if task not in self._scenes:
            views = self._entrants[task].model.config.views
            self._scenes[task] = make_environment(self._environment, task=task, views=views)
        return self._scenes[task]
