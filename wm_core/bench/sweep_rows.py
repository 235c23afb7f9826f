"""The rows of a closed-loop sweep, and what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from wm_core.config import Strict
from wm_core.evaluation.wilson import wilson95

WITHIN = 0.05  # of the best success


class EpisodeRow(Strict):
    """One episode. setting: samples x iterations, 'warm' or 'cold'; horizon: steps. p50_ms, p95_ms: of its plans."""

    task: str
    planner: str
    setting: str
    horizon: int
    seed: int
    success: bool
    distance_m: float
    p50_ms: float
    p95_ms: float

    @property
    def key(self) -> tuple[str, str, str, int]:
        """No two rows of a file have the same."""
        return self.task, self.planner, self.setting, self.seed


def read_rows(path: Path) -> list[EpisodeRow]:
    """Of a file that may not be there yet; a last line that was cut off by a stop is left out."""
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [EpisodeRow.model_validate_json(line) for line in lines[:-1] if line]


def cheapest(rows: Sequence[EpisodeRow]) -> list[str]:
    """Over the (task, seed) that every planner and setting has: a line for each planner."""
    groups: dict[tuple[str, str], dict[tuple[str, int], EpisodeRow]] = defaultdict(dict)
    for row in rows:
        groups[row.planner, row.setting][row.task, row.seed] = row
    if not groups:
        return ["no episode is done"]
    shared = set.intersection(*(set(found) for found in groups.values()))
    if not shared:
        return ["no seed is done by all planners and settings yet"]
    success = {name: mean(found[key].success for key in shared) for name, found in groups.items()}
    times = {name: median(found[key].p50_ms for key in shared) for name, found in groups.items()}
    best = max(success.values())
    lines = [f"{len(shared)} episodes that all have; the best success is {100 * best:.1f} %"]
    for planner in dict.fromkeys(name for name, _ in groups):
        enough = [name for name in groups if name[0] == planner and success[name] >= best - WITHIN - 1e-9]
        if not enough:
            most = max(success[name] for name in groups if name[0] == planner)
            lines.append(f"{planner}: no setting within five points, at most {100 * most:.1f} %")
            continue
        chosen = min(enough, key=times.__getitem__)
        low, high = wilson95(round(success[chosen] * len(shared)), len(shared))
        rate = f"{100 * success[chosen]:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        lines.append(f"{planner}: {chosen[1]} in {times[chosen]:.1f} ms, {rate}")
    return lines
