"""What the rows of a race say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from wm_core.bench.race import WITHIN, Entry, Tally
from wm_core.bench.sweep_rows import EpisodeRow
from wm_core.evaluation.wilson import wilson95

Rows = dict[Entry, dict[tuple[str, int], EpisodeRow]]
"""entry -> task and seed -> row"""


def findings(rows: Sequence[EpisodeRow]) -> list[str]:
    """For each task and planner: its cheapest setting within five points of the best of all, and of its own best.

    Then the same of all tasks together, where there are several.
    """
    tasks = by_task(rows)
    lines = [line for task, found in tasks.items() for line in _said(task, found)]
    if len(tasks) > 1:
        whole = together(rows)
        name = name_of(tasks)
        lines += _said(name, whole) if whole else [f"{name}: no setting has driven an episode of each with the same seed"]
    return lines or ["no episode is done"]


def by_task(rows: Sequence[EpisodeRow]) -> dict[str, Rows]:
    """-> task -> its rows"""
    tasks: dict[str, Rows] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        tasks[row.task][Entry(row.planner, row.setting)][row.task, row.seed] = row
    return tasks


def together(rows: Sequence[EpisodeRow]) -> Rows:
    """Of all tasks, one setting for all: for every entry the seeds that it has in each of them; without any it is left out."""
    seeds: dict[tuple[Entry, int], list[EpisodeRow]] = defaultdict(list)
    for row in {row.key: row for row in rows}.values():
        seeds[Entry(row.planner, row.setting), row.seed].append(row)
    count = len({row.task for row in rows})
    found: Rows = defaultdict(dict)
    for (entry, seed), alike in seeds.items():
        if len(alike) == count:
            found[entry] |= {(row.task, seed): row for row in alike}
    return found


def name_of(tasks: Sequence[str]) -> str:
    """What all of them together are called."""
    return " and ".join(tasks)


def planners(rows: Rows) -> list[str]:
    """By name, in the order that they come in."""
    return list(dict.fromkeys(entry.planner for entry in rows))


def best_of_all(rows: Rows) -> Entry:
    """Of those with most episodes."""
    return _tally(rows, _finalists(rows)).best()


def as_good_as_any(rows: Rows, planner: str) -> Entry | None:
    """Its cheapest setting within five points of the best of all, on the episodes of the finalists, which it must have all."""
    finalists = _finalists(rows)
    tally = _tally(rows, finalists)
    return _cheapest(tally, [entry for entry in finalists if entry.planner == planner], tally.best())


def as_good_as_its_own(rows: Rows, planner: str) -> Entry:
    """Its cheapest setting within five points of its own best, on the episodes that its own finalists have."""
    finalists = _finalists({entry: found for entry, found in rows.items() if entry.planner == planner})
    tally = _tally(rows, finalists)
    return _cheapest(tally, finalists, tally.best()) or tally.best()


def _said(name: str, rows: Rows) -> list[str]:
    best = best_of_all(rows)
    lines = [f"{name}: the best of all is {best}, {_rate(rows[best])}"]
    for planner in planners(rows):
        chosen = as_good_as_any(rows, planner)
        lines.append(f"  {planner}: {_short_of(rows, planner, best) if chosen is None else _told(rows, chosen)}")
        own = as_good_as_its_own(rows, planner)
        if own != chosen:
            lines.append(f"    within five points of its own best: {_told(rows, own)}")
    return lines


def _cheapest(tally: Tally, entries: Sequence[Entry], best: Entry) -> Entry | None:
    least = tally.successes[best] - (WITHIN + 1e-9) * tally.episodes
    enough = [entry for entry in entries if tally.successes[entry] >= least]
    return min(enough, key=tally.ms.__getitem__) if enough else None


def _finalists(rows: Rows) -> list[Entry]:
    most = max(len(found) for found in rows.values())
    return [entry for entry, found in rows.items() if len(found) == most]


def _tally(rows: Rows, entries: Sequence[Entry]) -> Tally:
    """On the episodes that all of them have."""
    shared = sorted(set.intersection(*(set(rows[entry]) for entry in entries)))
    return Tally({entry: [rows[entry][key] for key in shared] for entry in entries})


def _short_of(rows: Rows, planner: str, best: Entry) -> str:
    own = _finalists({entry: found for entry, found in rows.items() if entry.planner == planner})
    most = _tally(rows, own).best()
    pair = _tally(rows, [most, best])
    low, high = pair.behind(most, best)
    verdict = "no setting within five points" if low > WITHIN else "no setting within five points so far, but there may be one"
    return (
        f"{verdict}: at most {_told(rows, most)}, which is {100 * low:.0f} to {100 * high:.0f} points "
        f"behind {best} on the {pair.episodes} episodes that both have"
    )


def _told(rows: Rows, entry: Entry) -> str:
    return f"{entry.setting}, {_rate(rows[entry])}"


def _rate(found: dict[tuple[str, int], EpisodeRow]) -> str:
    successes = sum(row.success for row in found.values())
    low, high = wilson95(successes, len(found))
    return f"{successes} of {len(found)}, {100 * successes / len(found):.1f} % ({100 * low:.1f} to {100 * high:.1f})"
