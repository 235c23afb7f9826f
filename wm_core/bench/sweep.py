"""Closed loop: which settings does a planner need? A race, so that hopeless ones cost little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wm_core.bench.entrants import Entrants
from wm_core.bench.race import Entry, Tally
from wm_core.bench.race_driver import Drive, RaceJob
from wm_core.bench.sweep_rows import EpisodeRow, read_rows

RIVALS = 2, 1  # in the first round, where an episode decides, and in all later ones

_Done = dict[tuple[str, str, str, int], EpisodeRow]


class Sweep:
    """A line an episode in a file that is read back: stop it, start it again, and it goes on.

    Who is in a round is told by the file's rows of the rounds before it and by nothing else. Every round has the seeds
    of the last one and more of them, the same for all.
    """

    def __init__(
        self,
        path: Path,
        entrants: Mapping[str, Entrants],
        environment: str,
        first_seed: int,
        rounds: Sequence[int],
        keep: int | None = None,
        together: bool = False,
    ) -> None:
        """path: of the rows. entrants: of each task. environment: as registered. rounds: seeds that all who are in it have after each round, growing.

        keep: settings of a planner that go on after the first round, at most. together: one race over all tasks, which a
        setting leaves for what it did in all of them; else each task has a race of its own.
        """
        self._path, self._entrants = path, entrants
        self._origins = {task: found.origin(environment) for task, found in entrants.items()}
        self._first, self._rounds, self._keep = first_seed, rounds, keep
        self._races = [tuple(entrants)] if together else [(task,) for task in entrants]

    def run(self, drive: Drive) -> Iterator[str]:
        """Does what is not in the file yet; yields a line an episode and one for everybody who leaves.

        Raises `ValueError` as `read_rows` does.
        """
        rows = {row.key: row for row in read_rows(self._path, self._origins)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Written anew: a stop may have cut off the last line, and the next one would be added to it.
        self._path.write_text("".join(row.line for row in rows.values()))
        for tasks in self._races:
            yield from self._race(tasks, rows, drive)

    def _race(self, tasks: Sequence[str], rows: _Done, drive: Drive) -> Iterator[str]:
        entries = self._entrants[tasks[0]].entries  # those of all tasks: they are asked for by the same names
        for number, count in enumerate(self._rounds):
            seeds = range(self._first, self._first + count)
            for row in drive(self._due(tasks, entries, seeds, rows)):
                rows[row.key] = row
                with self._path.open("a") as file:
                    file.write(row.line)
                word = "reached" if row.success else "missed"
                yield f"{row.task} {row.seed} {row.planner}, {row.setting}: {word} in {row.p50_ms:.1f} ms"
            tally = Tally({entry: [rows[task, *entry, seed] for task in tasks for seed in seeds] for entry in entries})
            out = tally.leaving(RIVALS[min(number, 1)], None if number else self._keep)
            for entry, reason in out.items():
                successes = f"{tally.successes[entry]} of {tally.episodes}"
                yield f"{' and '.join(tasks)}, after {count} seeds: {entry} leaves with {successes}: {reason}"
            entries = [entry for entry in entries if entry not in out]

    @staticmethod
    def _due(tasks: Sequence[str], entries: Sequence[Entry], seeds: range, rows: _Done) -> list[RaceJob]:
        # Seed after seed: wherever it is stopped, all have done about as many. Of a seed the dearest come first: when a
        # round ends, no process is alone for long with one of them.
        jobs = (RaceJob(task, entry, seed) for seed in seeds for entry in reversed(entries) for task in tasks)
        return [job for job in jobs if (job.task, *job.entry, job.seed) not in rows]
