"""`wm info`"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Annotated, Optional

import typer
from rich.table import Table

from wm_core.cli.console import output


def info(
    model: Annotated[Optional[str], typer.Option(help="Also describe this model, a name or a folder.")] = None,
) -> None:
    """Show versions, devices, environments and, with --model, what a model is."""
    import torch

    from wm_core.device import choose_device
    from wm_core.environments import GROUP

    table = Table(show_header=False, box=None)
    table.add_row("python", platform.python_version())
    for package in ("torch", "numpy", "pybullet", "pin"):
        table.add_row(package, _version(package))
    table.add_row("device auto", str(choose_device("auto")))
    table.add_row("threads", str(torch.get_num_threads()))
    table.add_row("environments", ", ".join(sorted(point.name for point in entry_points(group=GROUP))) or "none")
    if model is not None:
        _describe(model, table)
    output.print(table)


def _describe(model: str, table: Table) -> None:
    import torch

    from wm_core.model.checkpoint import load_card, load_world_model
    from wm_core.resources import find_model

    folder = find_model(model)
    card = load_card(folder)
    loaded = load_world_model(folder, torch.device("cpu"))
    weights = sum(parameter.numel() for parameter in loaded.parameters())
    planner = card.planner
    table.add_row("model", str(folder))
    table.add_row("robot", card.robot)
    table.add_row("parameters", f"{weights / 1e6:.2f} M")
    table.add_row("latent", f"{card.model.visual_dim} visual + {card.model.joint_dim} joints, {card.model.history} moments")
    table.add_row("model step", f"{card.model.step} s, at most {card.model.max_step} m")
    table.add_row("planner", f"{planner.samples} x {planner.horizon} x {planner.iterations} (samples x horizon x iterations)")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
