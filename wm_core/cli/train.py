"""`wm train`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from wm_core.cli.console import output, progress_bar


def train(
    dataset: Annotated[Path, typer.Option(help="Folder that `wm collect` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that was stopped goes on.")],
    config: Annotated[Optional[Path], typer.Option(help="YAML of the architecture and the training.")] = None,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Training steps, over the configured ones.")] = None,
    seed: Annotated[Optional[int], typer.Option(min=0, help="Over the configured one.")] = None,
    precision: Annotated[Optional[str], typer.Option(help="fp32 or bf16, over the configured one.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
) -> None:
    """Train a world model; `OUT` is then a model folder for the other commands and the planner node."""
    import torch

    from wm_core.config import ModelCardConfig, load_config, parse_config
    from wm_core.device import choose_device
    from wm_core.training.dataset import open_dataset
    from wm_core.training.fit import check_fit
    from wm_core.training.loop import train as run

    card = ModelCardConfig() if config is None else load_config(ModelCardConfig, config)
    given = {"steps": steps, "seed": seed, "precision": precision}
    changed = card.training.model_dump() | {name: value for name, value in given.items() if value is not None}
    card = parse_config(ModelCardConfig, card.model_dump() | {"training": changed}, "command line")
    if threads:
        torch.set_num_threads(threads)
    episodes = open_dataset(dataset)
    check_fit(card.model, episodes)
    chosen = choose_device(device)
    found = None
    with progress_bar() as progress:
        task = progress.add_task(f"training on {chosen}", total=card.training.steps, note="")
        for now in run(card, episodes, out, chosen):
            found = now.diagnostics or found
            progress.update(task, completed=now.step, note=f"loss {now.loss.total.item():.3f}")
            if now.diagnostics is not None:
                progress.console.print(f"step {now.step}: {_summary(now.diagnostics)}", highlight=False, soft_wrap=True)
    output.print(f"model in {out}" + (f": {_summary(found)}" if found else ""), highlight=False, soft_wrap=True)


def _summary(found: "Diagnostics") -> str:  # noqa: F821  imported with torch, at run time
    return (
        f"prediction/persistence {found.prediction_ratio_first:.3f} to {found.prediction_ratio_last:.3f}, "
        f"shuffled actions x{found.shuffled_ratio:.1f}, rank {found.effective_rank:.0f}, "
        f"metric {100 * found.metric_error:.2f} cm, probe {100 * found.tool_probe_error:.2f} cm"
    )
