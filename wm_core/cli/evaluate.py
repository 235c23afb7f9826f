"""`wm eval`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Table

from wm_core.cli.console import output, progress_bar

if TYPE_CHECKING:
    from wm_core.evaluation.report import EvaluationReport


def evaluate(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    task: Annotated[str, typer.Option(help="Task; 'reach' is the only one so far.")] = "reach",
    episodes: Annotated[int, typer.Option(min=1, help="Seeded episodes.")] = 20,
    seed: Annotated[int, typer.Option(min=0, max=999_999, help="Of the first episode; the next ones count up.")] = 0,
    goal: Annotated[str, typer.Option(help="What the goal is told as: image, pose or joints.")] = "image",
    tolerance: Annotated[float, typer.Option(min=1e-4, max=1.0, help="Success is to end this close, m.")] = 0.03,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    json: Annotated[Optional[Path], typer.Option(help="Write the report here.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
) -> None:
    """Plan in closed loop on seeded episodes; score by ground truth beside a random and a hold-still control."""
    import torch

    from wm_core.agent import load_agent
    from wm_core.environments import make_environment
    from wm_core.evaluation.evaluate import Evaluation, TaskSettings
    from wm_core.resources import find_model

    if task != "reach":
        raise ValueError(f"task '{task}' is not known: expected 'reach'")
    if threads:
        torch.set_num_threads(threads)
    agent = load_agent(find_model(model), device)
    scene = make_environment(environment)
    evaluation = Evaluation(TaskSettings(goal=goal, tolerance=tolerance), model)
    try:
        with progress_bar() as progress:
            bar = progress.add_task(f"{task} from {goal}", total=episodes, note="")
            for count, _ in enumerate(evaluation.run(scene, agent, range(seed, seed + episodes)), start=1):
                reached = sum(episode.success for episode in evaluation.planner)
                progress.update(bar, completed=count, note=f"{reached} of {count} reached")
    finally:
        scene.close()
        if evaluation.planner:
            _write(evaluation.report(), json)


def _write(report: "EvaluationReport", path: Path | None) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report.model_dump_json(indent=1) + "\n")
    low, high = report.wilson95
    table = Table("policy", "success", "detail", title=f"{report.task}, goal told as {report.goal}")
    table.add_row(
        "planner",
        f"{100 * report.success_rate:.0f} % of {len(report.episodes)}",
        f"95 % interval {100 * low:.0f} to {100 * high:.0f} %; median {100 * report.median_distance_m:.1f} cm; "
        f"plan p50 {report.plan_ms_p50:.0f} ms, p95 {report.plan_ms_p95:.0f} ms",
    )
    table.add_row("random", f"{100 * report.controls.random.success_rate:.0f} %", "random displacements, same seeds")
    table.add_row("hold", f"{100 * report.controls.hold.success_rate:.0f} %", "no motion, same seeds")
    output.print(table)
