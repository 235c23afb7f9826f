"""Which settings of a race go on: successive halving over the same seeds for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from wm_core.bench.sweep_rows import EpisodeRow
from wm_core.evaluation.paired import newcombe95

WITHIN = 0.05  # of the best success: as good


def episode_counts(told: str) -> tuple[int, ...]:
    """'6,24,60' -> (6, 24, 60). Raises `ValueError` unless they are numbers that grow."""
    counts = tuple(int(part) for part in told.split(",") if part.strip().isdigit())
    if not counts or counts[0] < 1 or len(counts) != len(told.split(",")) or list(counts) != sorted(set(counts)):
        raise ValueError(f"rounds are '{told}': expected numbers of episodes that grow, such as 6,24,60,200")
    return counts


class Entry(NamedTuple):
    """One planner with one setting."""

    planner: str
    setting: str

    def __str__(self) -> str:
        return f"{self.planner}, {self.setting}"


class Tally:
    """What entries did in episodes that all of them have, of one task or of several.

    ms: of a plan: the median of a task's episodes, and of several tasks the mean of theirs, so that each counts alike.
    """

    def __init__(self, rows: Mapping[Entry, Sequence[EpisodeRow]]) -> None:
        """rows: of every entry, the same episodes in the same order."""
        self._rows = rows
        self.episodes = len(next(iter(rows.values())))
        self.successes = {entry: sum(row.success for row in found) for entry, found in rows.items()}
        self.ms = {entry: _ms(found) for entry, found in rows.items()}

    def best(self, planner: str | None = None) -> Entry:
        """The most successful, then the nearest, then the cheapest; of one planner, or of all."""
        among = [entry for entry in self._rows if planner in (None, entry.planner)]
        return max(among, key=lambda entry: (self._rank(entry), -self.ms[entry]))

    def behind(self, entry: Entry, other: Entry) -> tuple[float, float]:
        """By how much less often `entry` succeeds than `other`, the least and the most, at 95 %, paired (Newcombe)."""
        pairs = [(two.success, one.success) for one, two in zip(self._rows[entry], self._rows[other])]
        kinds = [(True, True), (True, False), (False, True), (False, False)]
        return newcombe95(*(pairs.count(kind) for kind in kinds))

    def leaving(self, rivals: int, keep: int | None = None) -> dict[Entry, str]:
        """Who need not go on, and why. rivals: so many cheaper settings of the same planner, no worse, put one out.

        keep: no more of a planner's settings go on than these, the best.
        """
        out: dict[Entry, str] = {}
        champion = self.best()
        for planner in dict.fromkeys(entry.planner for entry in self._rows):
            own = [entry for entry in self._rows if entry.planner == planner]
            if all(self.behind(entry, champion)[0] > WITHIN for entry in own):
                least = min(self.behind(entry, champion)[0] for entry in own)
                reason = f"no setting of its planner comes within five points of {champion}: {100 * least:.0f} behind at least"
                out |= {entry: reason for entry in own}
                continue
            best = self.best(planner)
            out |= {entry: reason for entry in own if (reason := self._outdone(entry, own, best, rivals)) is not None}
            left = sorted((entry for entry in own if entry not in out), key=self._rank, reverse=True)
            out |= {entry: f"not among the best {keep} of its planner" for entry in left[keep:] if keep is not None}
        return out

    def _outdone(self, entry: Entry, own: Sequence[Entry], best: Entry, rivals: int) -> str | None:
        least = self.behind(entry, best)[0]
        if least > WITHIN:
            return f"{100 * least:.0f} points behind {best.setting} at least"
        better = [other for other in own if self.ms[other] < self.ms[entry] and self._rank(other) >= self._rank(entry)]
        return f"cheaper and no worse: {better[0].setting}" if len(better) >= rivals else None

    def _rank(self, entry: Entry) -> tuple[int, float]:
        """Successes, then nearness: where hardly anybody succeeds yet, it tells who comes close. More is better."""
        successes = self.successes[entry]
        return successes, 0.0 if successes == self.episodes else -fmean(row.distance_m for row in self._rows[entry])


def _ms(rows: Sequence[EpisodeRow]) -> float:
    times: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        times[row.task].append(row.p50_ms)
    return fmean(sorted(found)[len(found) // 2] for found in times.values())
