"""`wm baseline`"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from wm_core.cli.console import kept_in, output, progress_bar

baseline = typer.Typer(help="What the planner is compared with.", no_args_is_help=True)


class Kind(str, Enum):
    """Baselines with weights of their own."""

    PIXEL = "pixel"
    REGRESSOR = "regressor"


@baseline.callback()
def _group() -> None:
    """Keeps `train` a command of its own while it is the only one."""


@baseline.command("train")
def train(
    kind: Annotated[Kind, typer.Option(help="A pixel-predicting world model, or an image-to-position regressor.")],
    dataset: Annotated[list[Path], typer.Option(help="Folder that `wm collect` wrote; may be given several times.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that was stopped goes on.")],
    config: Annotated[Optional[Path], typer.Option(help="The config.yaml of the model that it is compared with.")] = None,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Training steps, over the configured ones.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
    readers: Annotated[
        Optional[int], typer.Option(min=0, help="Processes that read ahead; by default 4 for a GPU, none for a CPU.")
    ] = None,
) -> None:
    """Train a baseline on the data and the budget of a world model; `wm eval --policy KIND=OUT` then runs it."""
    import torch

    from wm_core.baselines.fitting import fit_baseline
    from wm_core.config import ModelCardConfig, load_config
    from wm_core.device import choose_device
    from wm_core.training.sampler import default_readers
    from wm_core.training.dataset import open_datasets
    from wm_core.training.fit import check_fit

    if threads:
        torch.set_num_threads(threads)
    card = ModelCardConfig() if config is None else load_config(ModelCardConfig, config)
    # Policies that were fitted to the other model's latents are not this one's.
    changes: dict[str, object] = {"prior": None, "inverse_dynamics": None}
    if steps is not None:
        changes["training"] = card.training.model_copy(update={"steps": steps})
    card = card.model_copy(update=changes)
    episodes = open_datasets(dataset)
    check_fit(card.model, episodes)
    chosen = choose_device(device)
    reading = readers if readers is not None else default_readers(chosen)
    now, held_out = None, None
    with kept_in(out), progress_bar() as progress:
        task = progress.add_task(f"training {kind.value} on {chosen}", total=card.training.steps, note="")
        for now in fit_baseline(kind.value, card, episodes, out, chosen, reading):
            held_out = now.held_out if now.held_out is not None else held_out
            progress.update(task, completed=now.step, note=f"loss {now.loss:.4f}")
        if now is None:
            progress.update(task, completed=card.training.steps)
    shown = "" if held_out is None else f": loss on held-out episodes {held_out:.4f}"
    if now is None:
        shown = f": the run is finished: {card.training.steps} of {card.training.steps} steps"
    output.print(f"{kind.value} in {out}{shown}", highlight=False, soft_wrap=True)
