"""The rows of a race."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from wm_core.config import Strict


class Origin(NamedTuple):
    """What the episodes of a task were driven with. model: the first digits of its weights' SHA-256; horizon: steps."""

    model: str
    environment: str
    horizon: int


class EpisodeRow(Strict):
    """One episode. setting: samples x iterations, 'warm' or 'cold'; horizon: steps. p50_ms, p95_ms: of its plans.

    model, environment: see `Origin`; None in files of before they were kept.
    """

    task: str
    planner: str
    setting: str
    horizon: int
    seed: int
    success: bool
    distance_m: float
    p50_ms: float
    p95_ms: float
    model: str | None = None
    environment: str | None = None

    @property
    def line(self) -> str:
        """In the file."""
        return self.model_dump_json(exclude_none=True) + "\n"

    @property
    def key(self) -> tuple[str, str, str, int]:
        """No two rows of a file have the same."""
        return self.task, self.planner, self.setting, self.seed


def read_rows(path: Path, origins: Mapping[str, Origin]) -> list[EpisodeRow]:
    """Of a file that may not be there yet; a last line that was cut off by a stop is left out.

    origins: of each task of this race; rows of other tasks are taken as they are. Raises `ValueError` for a row of
    another origin: it is not what this race would have found.
    """
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    rows = {number: EpisodeRow.model_validate_json(line) for number, line in enumerate(lines[:-1], start=1) if line}
    for number, row in rows.items():
        if row.task in origins:
            _require(row, origins[row.task], f"{path}, line {number}")
    return list(rows.values())


def _require(row: EpisodeRow, origin: Origin, where: str) -> None:
    for name, expected in origin._asdict().items():
        found = getattr(row, name)
        if found is not None and found != expected:
            raise ValueError(f"{where}: '{row.task}' with {name} {found}, expected {expected} as in this race; give --rows another file")
