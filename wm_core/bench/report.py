"""The file of `wm bench planner --json`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wm_core.bench.machine import Machine
from wm_core.config import Strict


class Row(Strict):
    """One contender within one budget. cost: mean over the moments, judged by the model itself; lower is better.

    cost: None where nothing is chosen; success: share of closed-loop episodes, None where none were run.
    """

    planner: str
    backend: str
    budget: str
    p50_ms: float
    p95_ms: float
    cost: float | None = None
    success: float | None = None


class ScalingRow(Strict):
    """Our planner. evaluations: samples x horizon x iterations. latent: D of the model."""

    varied: str
    budget: str
    latent: int
    evaluations: int
    p50_ms: float


class Fit(Strict):
    """time = a_ms + b_us x evaluations, least squares over the scaling rows where `varied` was varied. r2: explained share."""

    varied: str
    a_ms: float
    b_us: float
    r2: float

    def __str__(self) -> str:
        return f"{self.varied}: time = {self.a_ms:.2f} ms + {self.b_us:.3f} us x evaluations, R^2 = {self.r2:.4f}"


class BusyRow(Strict):
    """Our planner beside one process that computes without pause. ratio: of the p95."""

    backend: str
    budget: str
    threads: int
    quiet_p50_ms: float
    quiet_p95_ms: float
    busy_p50_ms: float
    busy_p95_ms: float
    ratio: float


class BenchReport(Strict):
    """plans: timed for each row. left_out: what was not measured and why."""

    version: int = 1
    model: str
    date: str
    machine: Machine
    plans: int
    rows: tuple[Row, ...]
    scaling: tuple[ScalingRow, ...] = ()
    fits: tuple[Fit, ...] = ()
    busy: tuple[BusyRow, ...] = ()
    left_out: tuple[str, ...] = ()


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """-> p50, p95"""
    middle, late = np.percentile(values, [50, 95])
    return round(float(middle), 3), round(float(late), 3)


def fit_line(rows: Sequence[ScalingRow], varied: str) -> Fit:
    """Over the rows that vary it. Raises `ValueError` for fewer than three."""
    chosen = [row for row in rows if row.varied == varied]
    if len(chosen) < 3:
        raise ValueError(f"{len(chosen)} rows vary {varied}: a line is fitted to three or more")
    work = np.array([row.evaluations for row in chosen], dtype=float)
    times = np.array([row.p50_ms for row in chosen])
    slope, start = np.polyfit(work, times, 1)
    left = times - (start + slope * work)
    spread = float(((times - times.mean()) ** 2).sum())
    return Fit(varied=varied, a_ms=float(start), b_us=1e3 * float(slope), r2=1.0 - float((left**2).sum()) / max(spread, 1e-12))
