"""`wm eval`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from wm_core.cli.console import output, progress_bar
from wm_core.cli.files import require_writable
from wm_core.cli.seeds import evaluation_seeds

if TYPE_CHECKING:
    from wm_core.evaluation.conditions import Conditions
    from wm_core.evaluation.evaluate import Evaluation
    from wm_core.evaluation.seed_workers import SeedWorkers
    from wm_core.evaluation.session import Session


def evaluate(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")] = "panda_tabletop",
    task: Annotated[str, typer.Option(help="Task of the environment: reach, push, pick_place or reach_around.")] = "reach",
    episodes: Annotated[int, typer.Option(min=1, help="Seeded episodes.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the first episode; the next ones count up.")] = 0,
    goal: Annotated[str, typer.Option(help="What the goal is told as: image, final, pose, joints or object.")] = "image",
    policy: Annotated[Optional[list[str]], typer.Option(help="NAME or NAME=FOLDER, repeated; 'planner' by default.")] = None,
    tolerance: Annotated[Optional[float], typer.Option(min=1e-4, max=1.0, help="m, in place of the task's own.")] = None,
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    perturb: Annotated[Optional[str], typer.Option(help="NAME=STRENGTH: what is wrong with the scene.")] = None,
    look: Annotated[Optional[float], typer.Option(min=0.0, max=1.0, help="Strength of domain randomisation.")] = None,
    views: Annotated[Optional[int], typer.Option(min=1, help="Cameras, as many as the model has by default.")] = None,
    settings: Annotated[Optional[list[str]], typer.Option("--set", help="planner.NAME=VALUE, repeated; no deadline by default.")] = None,
    gate: Annotated[
        Optional[Literal["stop", "watch"]], typer.Option(help="The model's gate: its stop ends an episode, or is noted.")
    ] = None,
    suite: Annotated[Optional[str], typer.Option(help="'brittle': clean, then every perturbation at every strength.")] = None,
    controls: Annotated[Optional[Path], typer.Option(help="Keep the controls' results here, and take them from it.")] = None,
    json: Annotated[Optional[Path], typer.Option(help="Write the report here.")] = None,
    csv: Annotated[Optional[Path], typer.Option(help="Write the table of a suite here.")] = None,
    sheet: Annotated[Optional[Path], typer.Option(help="Write a PNG of the first policy's worst five episodes here.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a process, 0 for torch's choice; 1 with more --workers.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the episodes; results do not depend on it.")] = 1,
) -> None:
    """Run policies in closed loop on seeded episodes; score by ground truth beside a random and a hold-still control."""
    import torch

    from wm_core.device import choose_device
    from wm_core.evaluation.conditions import Conditions
    from wm_core.evaluation.controls import ControlStore
    from wm_core.evaluation.seed_workers import seed_workers
    from wm_core.evaluation.session import Session
    from wm_core.evaluation.suite import suite_conditions
    from wm_core.model.checkpoint import load_card
    from wm_core.resources import find_model

    if csv is not None and suite is None:
        raise ValueError("--csv is the table of a suite: give --suite too")
    for option, path in (("--json", json), ("--csv", csv), ("--sheet", sheet), ("--controls", controls)):
        require_writable(option, path)
    seeds = evaluation_seeds(seed, episodes)
    if threads:
        torch.set_num_threads(threads)
    card = load_card(find_model(model)).model
    conditions = Conditions(
        environment=environment,
        task=task,
        goal=goal,
        tolerance_m=tolerance,
        look=look,
        views=views if views is not None or card.views == 1 else card.views,
        perturb=perturb,
        step_s=card.step,
        max_step_m=card.max_step,
    )
    cases = [conditions] if suite is None else suite_conditions(suite, conditions)
    # The simulation waits for every plan: how busy this machine is takes no part in the result.
    given = ["planner.deadline=60", *(settings or ())]
    session = Session(model, policy or ["planner"], ControlStore(controls), choose_device(device), given, gate)
    done: list[Evaluation] = []
    try:
        with seed_workers(session, min(workers, episodes), threads) as helpers:
            _run(session, cases, seeds, done, helpers)
    finally:
        session.store.save()
        # Stopped before the first seed of a case was done: there is nothing to say of that case.
        _write([evaluation for evaluation in done if evaluation.worst], session, suite, json, csv, sheet)


def _run(
    session: "Session", cases: "Sequence[Conditions]", seeds: range, done: "list[Evaluation]", helpers: "SeedWorkers | None"
) -> None:
    for case in cases:
        # Opened first: what is wrong with it is then said without a bar around it.
        with session.open(case) as (evaluation, scene), progress_bar() as progress:
            bar = progress.add_task(case.perturb or f"{case.task} from {case.goal}", total=len(seeds), note="")
            done.append(evaluation)
            reached = 0
            alone = helpers is None
            results = evaluation.run(scene, seeds) if alone else evaluation.gather(helpers.run_in_order(evaluation.jobs(seeds)))
            for count, result in enumerate(results, start=1):
                reached += result.success
                progress.update(bar, completed=count, note=f"{reached} of {count} succeeded")


def _write(
    done: "list[Evaluation]", session: "Session", suite: str | None, json: Path | None, csv: Path | None, sheet: Path | None
) -> None:
    from wm_core.cli.evaluation_table import evaluation_table, paired_line, suite_table
    from wm_core.evaluation.sheet import write_sheet
    from wm_core.evaluation.suite import suite_report, write_table

    if not done:
        return
    reports = [evaluation.report(session.model, session.settings) for evaluation in done]
    whole = reports[0] if suite is None else suite_report(suite, reports)
    # Shown first: what cannot be written, a full disk say, takes nothing of it along.
    output.print(evaluation_table(whole) if suite is None else suite_table(whole))
    for found in reports[0].paired:
        output.print(paired_line(found), highlight=False, soft_wrap=True)
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(whole.model_dump_json(indent=1) + "\n")
    if csv is not None:
        write_table(csv, whole)
    if sheet is not None:
        write_sheet(sheet, done[0].worst)
