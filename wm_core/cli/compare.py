"""`wm compare`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from wm_core.cli.console import output

if TYPE_CHECKING:
    from wm_core.evaluation.report import EvaluationReport, PolicyReport


def compare(
    first: Annotated[Path, typer.Argument(help="Report of `wm eval --json`.")],
    second: Annotated[Path, typer.Argument(help="Another one, of the same task and seeds.")],
    ours: Annotated[Optional[str], typer.Option("--first", help="Policy of the first file; its first by default.")] = None,
    theirs: Annotated[Optional[str], typer.Option("--second", help="Policy of the second file.")] = None,
) -> None:
    """Compare two policies on the seeds that both ran: the difference in success with its 95 % interval."""
    from wm_core.cli.evaluation_table import paired_line
    from wm_core.evaluation.paired import compare as difference
    from wm_core.evaluation.report import read_report

    reports = read_report(first), read_report(second)
    left, right = (found.conditions.model_dump() for found in reports)
    differing = [f"{name} {left[name]} and {right[name]}" for name in left if left[name] != right[name]]
    one, two = _policy(reports[0], ours, first), _policy(reports[1], theirs, second)
    found = difference(f"{one.policy} ({first.name})", one.episodes, f"{two.policy} ({second.name})", two.episodes)
    output.print(paired_line(found), highlight=False, soft_wrap=True)
    if differing:
        output.print(f"not under the same conditions: {'; '.join(differing)}", highlight=False, soft_wrap=True)


def _policy(report: "EvaluationReport", name: str | None, path: Path) -> "PolicyReport":
    there = {policy.policy: policy for policy in (*report.policies, *report.controls)}
    if name is not None and name not in there:
        raise ValueError(f"{path} has no policy '{name}': expected one of: {', '.join(there)}")
    return report.policies[0] if name is None else there[name]
