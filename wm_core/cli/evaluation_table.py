"""An evaluation as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from wm_core.evaluation.paired import PairedDifference
    from wm_core.evaluation.report import EvaluationReport, PolicyReport
    from wm_core.evaluation.suite import SuiteReport


def evaluation_table(report: "EvaluationReport") -> Table:
    """One row a policy, the controls last."""
    found = report.conditions
    title = f"{found.task}, goal told as {found.goal}" + (f", {found.perturb}" if found.perturb else "")
    gate = next((policy.gate for policy in report.policies if policy.gate is not None), None)
    stops = () if gate is None else ("stops (safe)" if gate.cameras == 1 else f"stops (safe), gate of {gate.cameras} cameras",)
    columns = ("policy", "success", "95 % interval", "median left", "plan p50 / p95", "predicted : realised")
    table = Table(*columns, *stops, title=title)
    for policy in (*report.policies, *report.controls):
        low, high = policy.wilson95
        table.add_row(
            policy.policy,
            f"{100 * policy.success_rate:.0f} % of {len(policy.episodes)}",
            f"{100 * low:.0f} to {100 * high:.0f} %",
            f"{100 * policy.median_distance_m:.1f} cm",
            "" if policy.plan_ms_p50 is None else f"{policy.plan_ms_p50:.0f} / {policy.plan_ms_p95:.0f} ms",
            _foresight(policy),
            *((_stops(policy),) if gate is not None else ()),
        )
    return table


def suite_table(report: "SuiteReport") -> Table:
    """One row a policy and case."""
    columns = ("policy", "case", "success", "95 % interval", "points", "stops", "safe stops of failures", "holds")
    table = Table(*columns, title=report.suite)
    for row in report.rows:
        low, high = row.wilson95
        table.add_row(
            row.policy,
            row.perturb or "clean",
            f"{100 * row.success_rate:.0f} % of {row.episodes}",
            f"{100 * low:.0f} to {100 * high:.0f} %",
            f"{row.points:+.0f}",
            _percent(row.stop_share),
            _percent(row.safe_share),
            "" if row.holds is None else "yes" if row.holds else "no",
        )
    return table


def paired_line(found: "PairedDifference") -> str:
    """One comparison on common seeds, in a sentence."""
    low, high = found.interval95
    return (
        f"{found.first} - {found.second} on {found.seeds} common seeds: {100 * found.difference:+.0f} points, "
        f"95 % interval {100 * low:+.0f} to {100 * high:+.0f} "
        f"(alone: {found.first} {found.only_first}, {found.second} {found.only_second})"
    )


def _foresight(policy: "PolicyReport") -> str:
    found = policy.foresight
    if found is None:
        return ""
    next_step = f"next r {_number(found.next_correlation)}, {found.next_gap:+.3f}"
    return next_step + ("" if found.end_gap is None else f"; end r {_number(found.end_correlation)}, {found.end_gap:+.3f}")


def _stops(policy: "PolicyReport") -> str:
    return "" if policy.gate is None else f"{policy.gate.stops} ({policy.gate.safe_stops} of {policy.gate.failures} failures)"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
