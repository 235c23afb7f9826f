"""Writes a measured row to benchmarks/results, with the machine and the commit that it is true of."""

from __future__ import annotations

import csv
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Mapping

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
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "machine": f"{_processor()}, {os.cpu_count()} cores",
        "load": round(os.getloadavg()[0], 1),
    }


def _commit() -> str:
    folder = Path(__file__).resolve().parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
