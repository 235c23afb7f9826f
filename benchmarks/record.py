"""Writes a measured row to benchmarks/results, with the machine and the commit that it is true of."""

from __future__ import annotations

import csv
from datetime import datetime, timezone
from pathlib import Path
from typing import Mapping

from wm_core.bench.machine import describe_machine

RESULTS = Path(__file__).resolve().parent / "results"


def append_row(name: str, figures: Mapping[str, object]) -> Path:
    """Appends `figures` to results/<name>.csv; a file with other columns is refused."""
    row = {**_circumstances(), **figures}
    path = RESULTS / f"{name}.csv"
    RESULTS.mkdir(exist_ok=True)
    if path.exists():
        with path.open(newline="") as file:
            columns = next(csv.reader(file))
        if columns != list(row):
            raise ValueError(f"{path} has the columns {columns}, expected {list(row)}: move the old file away")
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    return path


def _circumstances() -> dict[str, object]:
    here = describe_machine()
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "commit": here.commit,
        "machine": f"{here.processor}, {here.cores} cores",
        "load": round(here.load, 1),
    }
