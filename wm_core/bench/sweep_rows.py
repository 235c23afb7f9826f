"""The rows of a race."""

from __future__ import annotations

from pathlib import Path

from wm_core.config import Strict


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
