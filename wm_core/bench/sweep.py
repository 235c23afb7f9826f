"""Closed loop: which settings does a planner need? A race, so that hopeless ones cost little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wm_core.bench.entrants import Entrants
from wm_core.bench.race import Entry, Tally
from wm_core.bench.report import percentiles
from wm_core.bench.sweep_rows import EpisodeRow, read_rows
from wm_core.environments import make_environment
from wm_core.evaluation.episode import run_episode
from wm_core.protocols import Environment

RIVALS = 2, 1  # in the first round, where an episode decides, and in all later ones


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
    ) -> None:
        """path: of the rows. entrants: of each task. rounds: seeds that all who are in it have after each round, growing.

        keep: settings of a planner that go on after the first round, at most.
        """
        self._path, self._entrants, self._environment = path, entrants, environment
        self._first, self._rounds, self._keep = first_seed, rounds, keep

    def run(self) -> Iterator[str]:
        """Does what is not in the file yet; yields a line an episode and one for everybody who leaves."""
        rows = {row.key: row for row in read_rows(self._path)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Written anew: a stop may have cut off the last line, and the next one would be added to it.
        self._path.write_text("".join(row.model_dump_json() + "\n" for row in rows.values()))
        for task, entrants in self._entrants.items():
            scene = make_environment(self._environment, task=task, views=entrants.model.config.views)
            try:
                yield from self._race(scene, task, entrants, rows)
            finally:
                scene.close()

    def _race(
        self, scene: Environment, task: str, entrants: Entrants, rows: dict[tuple[str, str, str, int], EpisodeRow]
    ) -> Iterator[str]:
        entries = list(entrants.entries)
        for number, seeds in enumerate(self._rounds):
            block = range(self._first, self._first + seeds)
            for seed in block:
                for entry in entries:
                    if (task, *entry, seed) not in rows:
                        row = self._episode(scene, task, entrants, entry, seed)
                        rows[row.key] = row
                        with self._path.open("a") as file:
                            file.write(row.model_dump_json() + "\n")
                        yield f"{task} {seed} {entry}: {_word(row.success)} in {row.p50_ms:.1f} ms"
            tally = Tally({entry: [rows[task, *entry, seed] for seed in block] for entry in entries})
            out = tally.leaving(RIVALS[min(number, 1)], None if number else self._keep)
            for entry, reason in out.items():
                yield f"{task}, after {seeds} seeds: {entry} leaves with {tally.successes[entry]}: {reason}"
            entries = [entry for entry in entries if entry not in out]

    def _episode(self, scene: Environment, task: str, entrants: Entrants, entry: Entry, seed: int) -> EpisodeRow:
        policy = entrants.policy(entry)
        result = run_episode(scene, policy, seed, "image", entrants.step).result
        middle, late = percentiles(policy.plan_ms)
        return EpisodeRow(
            task=task,
            planner=entry.planner,
            setting=entry.setting,
            horizon=entrants.agent.planner.config.horizon,
            seed=seed,
            success=result.success,
            distance_m=round(result.distance_m, 5),
            p50_ms=middle,
            p95_ms=late,
        )


def _word(success: bool) -> str:
    return "reached" if success else "missed"
