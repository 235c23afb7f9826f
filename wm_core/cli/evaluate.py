"""`wm eval`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from wm_core.cli.console import output, progress_bar

if TYPE_CHECKING:
    from wm_core.evaluation.evaluate import Evaluation
    from wm_core.protocols import Environment


def evaluate(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    task: Annotated[str, typer.Option(help="Task of the environment: reach, push, pick_place or reach_around.")] = "reach",
    episodes: Annotated[int, typer.Option(min=1, help="Seeded episodes.")] = 20,
    seed: Annotated[int, typer.Option(min=0, max=999_999, help="Of the first episode; the next ones count up.")] = 0,
    goal: Annotated[str, typer.Option(help="What the goal is told as: image, final, pose, joints or object.")] = "image",
    policy: Annotated[Optional[list[str]], typer.Option(help="NAME or NAME=FOLDER, repeated; 'planner' by default.")] = None,
    tolerance: Annotated[Optional[float], typer.Option(min=1e-4, max=1.0, help="m, in place of the task's own.")] = None,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    perturb: Annotated[Optional[str], typer.Option(help="NAME=STRENGTH: what is wrong with the scene.")] = None,
    look: Annotated[Optional[float], typer.Option(min=0.0, max=1.0, help="Strength of domain randomisation.")] = None,
    views: Annotated[Optional[int], typer.Option(min=1, help="Cameras.")] = None,
    settings: Annotated[Optional[list[str]], typer.Option("--set", help="planner.NAME=VALUE, repeated.")] = None,
    controls: Annotated[Optional[Path], typer.Option(help="Keep the controls' results here, and take them from it.")] = None,
    json: Annotated[Optional[Path], typer.Option(help="Write the report here.")] = None,
    sheet: Annotated[Optional[Path], typer.Option(help="Write a PNG of the first policy's worst five episodes here.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
) -> None:
    """Run policies in closed loop on seeded episodes; score by ground truth beside a random and a hold-still control."""
    import torch

    from wm_core.baselines.catalogue import Workshop, make_policy
    from wm_core.device import choose_device
    from wm_core.environments import make_environment
    from wm_core.evaluation.conditions import Conditions
    from wm_core.evaluation.controls import ControlStore
    from wm_core.evaluation.evaluate import Evaluation
    from wm_core.model.checkpoint import load_card
    from wm_core.resources import find_model

    if threads:
        torch.set_num_threads(threads)
    card = load_card(find_model(model)).model
    conditions = Conditions(
        environment=environment,
        task=task,
        goal=goal,
        tolerance_m=tolerance,
        look=look,
        views=views,
        perturb=perturb,
        step_s=card.step,
        max_step_m=card.max_step,
    )
    store = ControlStore(controls)
    scene = make_environment(environment, **conditions.options())
    try:
        workshop = Workshop(model, scene.robot, scene.kinematics, card.max_step, choose_device(device), settings or ())
        policies = [make_policy(spec, workshop) for spec in policy or ["planner"]]
        evaluation = Evaluation(conditions, policies, [make_policy(name, workshop) for name in ("random", "hold")], store)
        try:
            _run(evaluation, scene, range(seed, seed + episodes))
        finally:
            store.save()
            _write(evaluation, model, json, sheet)
    finally:
        scene.close()


def _run(evaluation: "Evaluation", scene: "Environment", seeds: range) -> None:
    found = evaluation.conditions
    with progress_bar() as progress:
        bar = progress.add_task(f"{found.task} from {found.goal}", total=len(seeds), note="")
        reached = 0
        for count, result in enumerate(evaluation.run(scene, seeds), start=1):
            reached += result.success
            progress.update(bar, completed=count, note=f"{reached} of {count} succeeded")


def _write(evaluation: "Evaluation", model: str, json: Path | None, sheet: Path | None) -> None:
    from wm_core.cli.evaluation_table import evaluation_table, paired_line
    from wm_core.evaluation.sheet import write_sheet

    if not evaluation.worst:  # stopped before the first seed was done
        return
    report = evaluation.report(model)
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(report.model_dump_json(indent=1) + "\n")
    if sheet is not None:
        write_sheet(sheet, evaluation.worst)
    output.print(evaluation_table(report))
    for found in report.paired:
        output.print(paired_line(found), highlight=False, soft_wrap=True)
