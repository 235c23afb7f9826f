"""What the winners of a race take, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wm_core.bench.entrants import OURS, OURS_EXPLAINED, Entrants
from wm_core.bench.findings import Rows, as_good_as_any, as_good_as_its_own, by_task, planners
from wm_core.bench.machine import Machine
from wm_core.bench.race import Entry
from wm_core.bench.replay import record, replay
from wm_core.bench.report import percentiles
from wm_core.bench.sweep_rows import EpisodeRow
from wm_core.config import Strict
from wm_core.environments import make_environment


class WinnerTime(Strict):
    """One winner. equal: within five points of the best of all, else of its planner's own best alone.

    ratio: its p50 over that of ours, None where there is no winner of ours; plans: timed.
    """

    task: str
    planner: str
    setting: str
    equal: bool
    plans: int
    p50_ms: float
    p95_ms: float
    ratio: float | None


class WinnerTimes(Strict):
    """The file of `wm bench race --replays`."""

    version: int = 1
    date: str
    machine: Machine
    episodes: int
    rows: tuple[WinnerTime, ...]


def time_winners(
    rows: Sequence[EpisodeRow], entrants: Mapping[str, Entrants], environment: str, first_seed: int, episodes: int
) -> Iterator[WinnerTime]:
    """Through `episodes` recorded ones of each task, which our winner drives, or the first winner where there is none.

    Raises `ValueError` for a task without rows.
    """
    tasks = by_task(rows)
    for task, who in entrants.items():
        equal = {entry: told for entry, told in winners(tasks[task]).items() if entry in who.entries}
        if not equal:
            raise ValueError(f"nobody has driven an episode of '{task}' yet: race before winners are timed")
        ours = next((entry for entry in equal if entry.planner == OURS and equal[entry]), None)
        if ours is not None:  # the same plans, and what is said of them
            equal[Entry(OURS_EXPLAINED, ours.setting)] = True
        scene = make_environment(environment, task=task, views=who.model.config.views)
        try:
            driver = who.policy(ours or next(iter(equal)))
            recordings = [record(scene, driver, first_seed + number, who.step) for number in range(episodes)]
        finally:
            scene.close()
        times = dict(zip(equal, replay(recordings, [who.policy(entry) for entry in equal])))
        for entry, taken in times.items():
            middle, late = percentiles(taken)
            yield WinnerTime(
                task=task,
                planner=entry.planner,
                setting=entry.setting,
                equal=equal[entry],
                plans=len(taken),
                p50_ms=middle,
                p95_ms=late,
                ratio=None if ours is None else round(middle / percentiles(times[ours])[0], 3),
            )


def winners(rows: Rows) -> dict[Entry, bool]:
    """-> what every planner is taken at, and whether that is as good as the best of all, or as its own best alone."""
    found: dict[Entry, bool] = {}
    for planner in planners(rows):
        as_any = as_good_as_any(rows, planner)
        found |= {as_good_as_its_own(rows, planner): False} | ({} if as_any is None else {as_any: True})
    return found
