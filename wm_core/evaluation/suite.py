"""The brittle cases: what happens to success, and to the gate, when something is wrong with the scene."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from wm_core.config import Strict
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.report import EvaluationReport

# The environment knows what each of these is and how strong each strength; the suite only asks for them.
BRITTLE = ("misplaced", "glare", "damaged", "intruder", "camera")
STRENGTHS = ("low", "medium", "high")
CLOSE_TO_CLEAN, SAFE_SHARE, CLEAN_STOPS = 0.10, 0.95, 0.02


class SuiteRow(Strict):
    """One policy in one case. points: success less that of the clean case, in percent.

    Stops are None without a gate, and so is safe_share where nothing failed.
    holds: success within 10 points of the clean case, or a safe stop in 95 % of the failures with no more than 2 %
    stops in the clean case. None for the clean case itself.
    """

    perturb: str | None
    policy: str
    episodes: int
    success_rate: float
    wilson95: tuple[float, float]
    points: float
    stop_share: float | None
    safe_share: float | None
    holds: bool | None


class SuiteReport(Strict):
    """The file of `wm eval --suite --json`: the table, and the reports it was made of, the clean one first."""

    version: int = 1
    suite: str
    rows: tuple[SuiteRow, ...]
    reports: tuple[EvaluationReport, ...]


def suite_conditions(name: str, clean: Conditions) -> list[Conditions]:
    """The clean case, then every perturbation at every strength. Raises `ValueError` for an unknown suite."""
    if name != "brittle":
        raise ValueError(f"suite '{name}' is not known: expected 'brittle'")
    if clean.perturb is not None:
        raise ValueError("a suite perturbs the scene itself: leave out --perturb")
    cases = [f"{case}={strength}" for case in BRITTLE for strength in STRENGTHS]
    return [clean, *(clean.model_copy(update={"perturb": case}) for case in cases)]


def suite_report(name: str, reports: Sequence[EvaluationReport]) -> SuiteReport:
    """reports: of the cases that are done, the clean one first. Raises `ValueError` for another order."""
    if not reports or reports[0].conditions.perturb is not None:
        raise ValueError("a suite needs its clean case first")
    rows = [_row(report, index, reports[0]) for index in range(len(reports[0].policies)) for report in reports]
    return SuiteReport(suite=name, rows=tuple(rows), reports=tuple(reports))


def write_table(path: Path, report: SuiteReport) -> None:
    """The rows as CSV, the interval in two columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        names = [name for name in SuiteRow.model_fields if name != "wilson95"]
        writer.writerow([*names, "wilson95_low", "wilson95_high"])
        writer.writerows([*(getattr(row, name) for name in names), *row.wilson95] for row in report.rows)


def _row(report: EvaluationReport, index: int, clean: EvaluationReport) -> SuiteRow:
    policy, base = report.policies[index], clean.policies[index]
    gate, count = policy.gate, len(policy.episodes)
    stops = None if gate is None else gate.stops / count
    safe = None if gate is None or not gate.failures else gate.safe_stops / gate.failures
    # In whole episodes: rates of the same seeds differ by rounding when they should be equal.
    close = round((base.success_rate - policy.success_rate) * count) <= CLOSE_TO_CLEAN * count
    quiet = base.gate is not None and base.gate.stops <= CLEAN_STOPS * len(base.episodes)
    is_clean = report.conditions.perturb is None
    return SuiteRow(
        perturb=report.conditions.perturb,
        policy=policy.policy,
        episodes=count,
        success_rate=policy.success_rate,
        wilson95=policy.wilson95,
        points=100.0 * (policy.success_rate - base.success_rate),
        stop_share=stops,
        safe_share=safe,
        holds=None if is_clean else close or (quiet and safe is not None and safe >= SAFE_SHARE),
    )
