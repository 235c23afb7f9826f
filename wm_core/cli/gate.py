"""`wm gate`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.table import Table

from wm_core.cli.console import output, progress_bar
from wm_core.config.seed import LARGEST_SEED

if TYPE_CHECKING:
    from wm_core.monitor import GateConfig


def gate(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model; the gate is written beside it.")],
    dataset: Annotated[list[Path], typer.Option(help="Clean episodes that the model was not trained on, of its cameras or more; may be repeated.")],
    views: Annotated[
        Optional[int], typer.Option(min=1, help="Cameras of the episodes, the first ones, that the gate looks through; all by default.")
    ] = None,
    false_stops: Annotated[float, typer.Option(min=1e-4, max=0.4, help="Share of clean episodes that may stop.")] = 0.01,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of what is fitted on which episode.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Fit the uncertainty gate of a model: when it holds the arm because what is seen is not what it knows.

    Episodes of more cameras than the model sees with give a second gate, which takes what the model's own one knows,
    where there is one, and adds the further cameras.
    """
    from wm_core.device import choose_device
    from wm_core.kinematics.urdf_arm import load_arm
    from wm_core.model.checkpoint import load_card, load_world_model
    from wm_core.monitor import calibrate, gate_files, read_gate, save_gate
    from wm_core.monitor.sight import require_fit
    from wm_core.resources import find_model, find_robot
    from wm_core.training.dataset import open_datasets

    folder = find_model(model)
    episodes = open_datasets(dataset)
    arm = load_arm(find_robot(load_card(folder).robot))
    world_model = load_world_model(folder, choose_device(device))
    require_fit(world_model, episodes.manifest)
    cameras, sees = views or episodes.manifest.views, world_model.config.views
    if not sees <= cameras <= episodes.manifest.views:
        raise ValueError(f"--views {cameras}: expected {sees} (the model's) to {episodes.manifest.views} (of the episodes)")
    known = cameras > sees and gate_files(sees, sees).there(folder)
    own = read_gate(folder, world_model) if known else None
    with progress_bar() as progress:
        bar = progress.add_task("episodes", total=len(episodes), note="")
        for found in calibrate(world_model, episodes, arm, false_stops, seed, own, cameras):
            progress.advance(bar, found is None)
    _show(save_gate(found, folder, sees), gate_files(cameras, sees).config)


def _show(config: "GateConfig", file: str) -> None:
    from wm_core.monitor.config import SIGNALS

    title = f"{file}, {config.views} camera(s): at most {100 * config.false_stops:g} % of clean episodes stop"
    table = Table("signal", "stops above", "when", title=title)
    for name, threshold in config.thresholds.watched().items():
        what, unit = SIGNALS[name]
        table.add_row(name, f"{threshold:.4g} {unit}", what)
    output.print(table)
    output.print(f"{config.stopped} of {config.checked} further clean episodes stopped", highlight=False)
