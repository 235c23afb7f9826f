"""The table, for people and as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Sequence

import numpy as np
from rich.table import Column, Table

from sim.demo.drive import GoalRecord


def as_table(records: Sequence[GoalRecord]) -> Table:
    """One row a goal."""
    table = Table(
        "goal",
        "reached",
        "final distance",
        "seconds",
        "plan ms p50 / p95",
        Column("planner's answer", overflow="fold"),
        title="distances by the simulator's ground truth",
    )
    for record in records:
        verdict, low, high = record.verdict, *plan_ms(record)
        extra = "" if math.isnan(verdict.joint_error) else f", {verdict.joint_error:.3f} rad"
        table.add_row(
            record.demo.name,
            "[green]yes[/]" if verdict.reached else "[red]no[/]",
            f"{100 * verdict.distance:.1f} cm{extra}",
            f"{record.seconds:.1f}",
            "no plan" if math.isnan(low) else f"{low:.0f} / {high:.0f}",
            record.outcome.code.name,
        )
    return table


def write_json(records: Sequence[GoalRecord], path: Path) -> None:
    """The same figures for programs; NaN is written as null."""
    rows = [_row(record) for record in records]
    path.write_text(json.dumps(rows, indent=1) + "\n")


def plan_ms(record: GoalRecord) -> tuple[float, float]:
    """Median and 95th percentile; NaN without a plan."""
    if not record.plan_ms.size:
        return math.nan, math.nan
    low, high = np.percentile(record.plan_ms, (50, 95))
    return float(low), float(high)


def _row(record: GoalRecord) -> dict[str, Any]:
    verdict, low, high = record.verdict, *plan_ms(record)
    figures = {
        "start_distance_m": float(record.distances[0]),
        "final_distance_m": verdict.distance,
        "final_angle_rad": verdict.angle,
        "final_joint_error_rad": verdict.joint_error,
        "seconds": record.seconds,
        "plan_ms_p50": low,
        "plan_ms_p95": high,
    }
    numbers = {name: None if math.isnan(value) else round(value, 4) for name, value in figures.items()}
    answer = {"code": record.outcome.code.name, "message": record.outcome.message}
    return {"goal": record.demo.name, "reached": verdict.reached, **numbers, "plans": len(record.plan_ms), "answer": answer}
