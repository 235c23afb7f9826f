"""What the winners of a race take, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from wm_core.bench.entrants import OURS, OURS_EXPLAINED, Entrants
from wm_core.bench.findings import Rows, as_good_as_any, as_good_as_its_own, by_task, name_of, planners, together
from wm_core.bench.machine import Machine
from wm_core.bench.race import Entry
from wm_core.bench.replay import record, replay
from wm_core.bench.report import percentiles
from wm_core.bench.sweep_rows import EpisodeRow
from wm_core.config import Strict
from wm_core.environments import make_environment


class WinnerTime(Strict):
    """One winner. equal: within five points of the best of all, else of its planner's own best alone.

    task: or several, as 'reach and push', whose p50 and p95 are means of those of each. ratio: its p50 over that of
    ours, None where there is no winner of ours; plans: timed.
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

    Last come the winners of all tasks together: of what each of them takes in one task after the other, the mean.
    Raises `ValueError` for a task without rows.
    """
    tasks = by_task(rows)
    common = together([row for row in rows if row.task in entrants]) if len(entrants) > 1 else {}
    whole = _taking_part(winners(common), list(entrants.values()))
    each: list[dict[Entry, _Times]] = []
    for task, who in entrants.items():
        own = _taking_part(winners(tasks[task]), [who])
        if not own:
            raise ValueError(f"nobody has driven an episode of '{task}' yet: race before winners are timed")
        scene = make_environment(environment, task=task, views=who.model.config.views)
        try:
            driver = who.policy(_ours(own) or next(iter(own)))
            recordings = [record(scene, driver, first_seed + number, who.step) for number in range(episodes)]
        finally:
            scene.close()
        measured = list(dict.fromkeys([*own, *whole]))
        taken = replay(recordings, [who.policy(entry) for entry in measured])
        each.append({entry: _Times(len(ms), *percentiles(ms)) for entry, ms in zip(measured, taken)})
        yield from _rows(task, own, each[-1])
    yield from _rows(name_of(list(entrants)), whole, {entry: _mean([times[entry] for times in each]) for entry in whole})


def winners(rows: Rows) -> dict[Entry, bool]:
    """-> what every planner is taken at, and whether that is as good as the best of all, or as its own best alone."""
    found: dict[Entry, bool] = {}
    for planner in planners(rows):
        as_any = as_good_as_any(rows, planner)
        found |= {as_good_as_its_own(rows, planner): False} | ({} if as_any is None else {as_any: True})
    return found


class _Times(NamedTuple):
    plans: int
    p50_ms: float
    p95_ms: float


def _taking_part(found: dict[Entry, bool], entrants: Sequence[Entrants]) -> dict[Entry, bool]:
    """Those that are in every race; our winner explained, too: the same plans, and what is said of them."""
    here = {entry: equal for entry, equal in found.items() if all(entry in who.entries for who in entrants)}
    ours = _ours(here)
    return here if ours is None else here | {Entry(OURS_EXPLAINED, ours.setting): True}


def _ours(found: dict[Entry, bool]) -> Entry | None:
    return next((entry for entry, equal in found.items() if entry.planner == OURS and equal), None)


def _mean(times: Sequence[_Times]) -> _Times:
    """Every task counts alike, however many plans its episodes have."""
    plans, middle, late = zip(*times)
    return _Times(sum(plans), round(fmean(middle), 3), round(fmean(late), 3))


def _rows(name: str, found: dict[Entry, bool], times: Mapping[Entry, _Times]) -> Iterator[WinnerTime]:
    ours = _ours(found)
    for entry, equal in found.items():
        taken = times[entry]
        ratio = None if ours is None else round(taken.p50_ms / times[ours].p50_ms, 3)
        yield WinnerTime(task=name, planner=entry.planner, setting=entry.setting, equal=equal, ratio=ratio, **taken._asdict())
