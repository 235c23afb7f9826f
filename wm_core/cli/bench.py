"""`wm bench`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Table

from wm_core.cli.console import errors, output
from wm_core.cli.files import require_writable
from wm_core.cli.seeds import evaluation_seeds

if TYPE_CHECKING:
    from wm_core.bench.report import BenchReport

bench = typer.Typer(help="Measure how long things take on this machine.", no_args_is_help=True, rich_markup_mode=None)


@bench.callback()
def _group() -> None:
    """Measure how long things take on this machine."""


@bench.command("planner")
def planner(
    json: Annotated[Path, typer.Option(help="Write the report here.")],
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    task: Annotated[Optional[list[str]], typer.Option(help="Whose episodes plans are made in, repeated.")] = None,
    plans: Annotated[int, typer.Option(min=1, help="Timed plans a row.")] = 40,
    quick: Annotated[bool, typer.Option("--quick", help="Two plans a row, the smallest budget, no scaling.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the first episode.")] = 0,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
) -> None:
    """Measure our planner at every backend beside the bare predictor and the planners of other packages."""
    # Threads that wait asleep leave the other process its core. Read when torch is loaded, which is below.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from wm_core.resources import find_model

    require_writable("--json", json)
    if threads:
        torch.set_num_threads(threads)
    folder = find_model(model)
    from wm_core.bench.run import EPISODES, run_bench

    evaluation_seeds(seed, 1 if quick else EPISODES)
    tasks = task or ["reach"]
    report = run_bench(folder, environment, tasks, seed, 2 if quick else plans, quick, lambda text: errors.print(text))
    _show(report)
    json.parent.mkdir(parents=True, exist_ok=True)
    json.write_text(report.model_dump_json(indent=1) + "\n")


def _show(report: "BenchReport") -> None:
    table = Table("budget", "planner", "backend", "p50, ms", "p95, ms", "cost", title=f"{report.model}, {report.plans} plans a row")
    for row in report.rows:
        cost = "" if row.cost is None else f"{row.cost:.4f}"
        table.add_row(row.budget, row.planner, row.backend, f"{row.p50_ms:.2f}", f"{row.p95_ms:.2f}", cost)
    output.print(table)
    for fit in report.fits:
        output.print(str(fit), highlight=False, soft_wrap=True)
    for row in report.busy:
        output.print(
            f"{row.budget} on {row.backend}, {row.threads} threads: p95 {row.quiet_p95_ms:.1f} ms quiet, "
            f"{row.busy_p95_ms:.1f} ms beside a busy process, {row.ratio:.2f} times",
            highlight=False,
            soft_wrap=True,
        )
    for missing in report.left_out:
        errors.print(f"wm: left out: {missing}", markup=False, highlight=False, soft_wrap=True)
