"""Processes that share the episodes of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.evaluate import SeedJob, SeedOutcome
from wm_core.evaluation.session import Session
from wm_core.workers import Workers

SeedWorkers = Workers[SeedJob, SeedOutcome]


@contextmanager
def seed_workers(session: Session, count: int, threads: int) -> Iterator[SeedWorkers | None]:
    """For the jobs of `Evaluation`. None for one process, which is this one. threads: torch's in each; 0: one in each."""
    if count == 1:
        yield None
        return
    # What is on file is this process's business: it asks for those controls alone that are not.
    with Workers(_SeedPlayer(replace(session, store=ControlStore())), count, threads or 1) as workers:
        yield workers


class _SeedPlayer:
    """Scene, policies and gate stay open from one job to the next of the same conditions."""

    def __init__(self, session: Session) -> None:
        self._session, self._conditions = session, None
        self._stack = ExitStack()

    def __call__(self, job: SeedJob) -> SeedOutcome:
        if job.conditions != self._conditions:
            self._stack.close()
            self._conditions = None  # until the next are open
            self._evaluation, self._scene = self._stack.enter_context(self._session.open(job.conditions))
            self._conditions = job.conditions
        return self._evaluation.play(self._scene, job)
