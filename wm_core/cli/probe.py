"""`wm probe`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Table

from wm_core.cli.console import output, progress_bar
from wm_core.cli.files import require_writable

if TYPE_CHECKING:
    from wm_core.model.world_model import JepaWorldModel
    from wm_core.probing import Detector, ProbeReport


def probe(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model.")],
    dataset: Annotated[Path, typer.Option(help="Folder that `wm collect` wrote; its held-out episodes are measured on.")],
    environment: Annotated[Optional[str], typer.Option("--env", help="Also ask what causes what, in this one.")] = None,
    task: Annotated[str, typer.Option(help="Task of the environment.")] = "push",
    pairs: Annotated[int, typer.Option(min=1, help="Pairs of futures to ask about.")] = 50,
    episodes: Annotated[int, typer.Option(min=2, help="Held-out ones to measure on, at most.")] = 150,
    fitted: Annotated[int, typer.Option(min=2, help="Others to fit probes on, at most; few of them overfit.")] = 600,
    seed: Annotated[int, typer.Option(min=0, max=200, help="Of all that is drawn.")] = 0,
    json: Annotated[Optional[Path], typer.Option(help="Write the report here.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Look for what a low loss does not prove: collapse, ignored actions, a flat cost, missing state, wrong causes."""
    from wm_core.device import choose_device
    from wm_core.model.checkpoint import load_world_model
    from wm_core.monitor.sight import require_fit
    from wm_core.probing import ProbeReport, probe_episodes
    from wm_core.resources import find_model
    from wm_core.training.dataset import open_dataset

    require_writable("--json", json)
    folder = find_model(model)
    world_model = load_world_model(folder, choose_device(device))
    data = open_dataset(dataset)
    require_fit(world_model, data.manifest)
    seen, unseen = data.split()
    found = probe_episodes(world_model, seen, unseen, fitted, episodes, seed)
    skipped = ["counterfactual pairs and action quality: no --env"]
    if environment is not None:
        more, skipped = _ask(world_model, folder, environment, task, pairs, seed)
        found += more
    report = ProbeReport(
        model=model,
        dataset=str(dataset),
        seed=seed,
        fitted_on=min(fitted, len(seen)),
        held_out=min(episodes, len(unseen)),
        environment=environment,
        task=task if environment is not None else None,
        detectors=tuple(found),
        skipped=tuple(skipped),
    )
    _show(report)
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(report.model_dump_json(indent=1) + "\n")


def _ask(
    model: "JepaWorldModel", folder: Path, environment: str, task: str, pairs: int, seed: int
) -> "tuple[list[Detector], list[str]]":
    from wm_core.environments import make_environment
    from wm_core.model.checkpoint import load_card
    from wm_core.model.policy_checkpoint import load_policy
    from wm_core.probing import probe_pairs

    has_policy = load_card(folder).prior is not None
    policy = load_policy(folder, "prior", model) if has_policy else None
    scene = make_environment(environment, task=task, views=model.config.views)
    found: list[Detector] = []
    try:
        with progress_bar() as progress:
            bar = progress.add_task("pairs", total=pairs, note="")
            for found in probe_pairs(model, policy, scene, pairs, seed):
                progress.advance(bar)
    finally:
        scene.close()
    skipped = [] if has_policy else ["imitation: the model has no prior"]
    return found, skipped + ([] if found else [f"pairs: of {pairs} none ended more than a centimetre apart"])


def _show(report: "ProbeReport") -> None:
    table = Table("detector", "value", "expected", "", "how", title=f"{report.model}: {report.held_out} held-out episodes")
    group = ""
    for one in report.detectors:
        if one.group != group:
            table.add_section()
            group = one.group
            table.add_row(f"[bold]{group}[/bold]")
        value = "no number" if one.value is None else f"{one.value:.3g} {one.unit}".rstrip()
        verdict = {True: "[green]pass[/green]", False: "[red]WARN[/red]", None: ""}[one.passed]
        table.add_row(one.name, value, one.expected, verdict, one.detail)
    output.print(table)
    for line in report.skipped:
        output.print(f"skipped: {line}", highlight=False)
