"""`wm train`"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from wm_core.cli.console import kept_in, output, progress_bar
from wm_core.config.seed import LARGEST_SEED

if TYPE_CHECKING:
    from rich.progress import Progress

    from wm_core.config import ModelCardConfig, RobotConfig
    from wm_core.training.crew import Crew
    from wm_core.training.dataset import Dataset
    from wm_core.training.diagnostics import Diagnostics


def train(
    dataset: Annotated[list[Path], typer.Option(help="Folder that `wm collect` or `wm_record` wrote; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that was stopped goes on.")],
    config: Annotated[
        Optional[Path], typer.Option(help="YAML of the architecture and the training; by default that of the shipped model, as the dataset asks for it.")
    ] = None,
    robot: Annotated[Optional[str], typer.Option(help="Robot, a name or the path of a YAML file, over the configured one.")] = None,
    architecture: Annotated[Literal["jepa-world-model"], typer.Option(help="Kind of the model; there is one.")] = "jepa-world-model",
    objective: Annotated[
        Literal["latent-state-prediction"], typer.Option(help="What it learns: to predict the latents of what it will see. There is one.")
    ] = "latent-state-prediction",
    latent_dim: Annotated[Optional[int], typer.Option(help="Size of the visual latent, 8 to 8192, over the configured one.")] = None,
    action_conditioning: Annotated[
        Optional[Literal["true", "false"]], typer.Option(help="Whether predictions see the actions, over the configured one.")
    ] = None,
    precision: Annotated[Optional[Literal["fp32", "bf16"]], typer.Option(help="Over the configured one.")] = None,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Training steps, over the configured ones.")] = None,
    seed: Annotated[Optional[int], typer.Option(min=0, max=LARGEST_SEED, help="Over the configured one.")] = None,
    start_from: Annotated[
        Optional[str], typer.Option(help="Name or folder of a trained model to begin with, of the same architecture.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
    readers: Annotated[
        Optional[int], typer.Option(min=0, help="Processes that read ahead; by default 4 for a GPU, none for a CPU.")
    ] = None,
) -> None:
    """Train a world model; `OUT` is then a model folder for the other commands and the planner node.

    Several processes: `torchrun --nproc_per_node=2 -m wm_core.cli train ...`, with the same options; each takes its
    share of every batch, and the first one writes.
    """
    import torch

    from wm_core.device import choose_device
    from wm_core.model.checkpoint import load_world_model
    from wm_core.resources import find_model
    from wm_core.training.crew import join_crew
    from wm_core.training.dataset import open_datasets
    from wm_core.training.fit import check_fit
    from wm_core.training.loop import train as run
    from wm_core.training.sampler import default_readers

    # Of architecture and objective there is one each: typer has checked them.
    episodes = open_datasets(dataset)
    model = {"visual_dim": latent_dim, "action_conditioned": action_conditioning and action_conditioning == "true"}
    card = _card(config, episodes, robot, model, {"steps": steps, "seed": seed, "precision": precision})
    check_fit(card.model, episodes)
    if threads:
        torch.set_num_threads(threads)
    chosen = choose_device(device)
    reading = readers if readers is not None else default_readers(chosen)
    start = None if start_from is None else load_world_model(find_model(start_from), chosen)
    now, found = None, None
    with join_crew(chosen) as crew, _told(crew, out) as progress:
        if progress is not None:
            task = progress.add_task(f"training on {crew.size} x {chosen}", total=card.training.steps, note="")
        for now in run(card, episodes, out, chosen, crew, reading, start):
            found = now.diagnostics or found
            if progress is None:
                continue
            progress.update(task, completed=now.step, note=f"loss {now.loss.total.item():.3f}")
            if now.diagnostics is not None:
                progress.console.print(f"step {now.step}: {_summary(now.diagnostics)}", highlight=False, soft_wrap=True)
        if crew.leads:
            ended = f": {_summary(found)}" if found else ""
            if now is None:
                progress.update(task, completed=card.training.steps)
                ended = f": the run is finished: {card.training.steps} of {card.training.steps} steps"
            output.print(f"model in {out}{ended}", highlight=False, soft_wrap=True)


@contextmanager
def _told(crew: Crew, out: Path) -> Iterator[Progress | None]:
    """The progress bar of the process that talks, None in the others."""
    if not crew.leads:
        yield None
        return
    with kept_in(out), progress_bar() as progress:
        yield progress


def _card(
    config: Path | None, episodes: Dataset, robot: str | None, model: dict[str, object], training: dict[str, object]
) -> ModelCardConfig:
    """The configuration with what the command line said over it."""
    from wm_core.config import ModelCardConfig, load_config, parse_config
    from wm_core.resources import find_robot
    from wm_core.training.fit import fitting_card

    card = fitting_card(episodes) if config is None else load_config(ModelCardConfig, config)
    plain = card.model_dump()
    if robot is not None:
        path = Path(robot).expanduser()
        plain["robot"] = str(path.resolve()) if path.is_file() else robot  # the model is used from other folders, too
    if robot is not None or config is None:  # now, not after hours of training
        _check_robot(find_robot(plain["robot"]), card.model.joints)
    for section, given in (("model", model), ("training", training)):
        plain[section] |= {name: value for name, value in given.items() if value is not None}
    return parse_config(ModelCardConfig, plain, "command line")


def _check_robot(robot: RobotConfig, joints: int) -> None:
    if len(robot.joint_names) != joints:
        raise ValueError(f"the dataset's arm has {joints} joints, robot '{robot.name}' {len(robot.joint_names)}: name its own with --robot")


def _summary(found: Diagnostics) -> str:
    text = (
        f"prediction/persistence {found.prediction_ratio_first:.3f} to {found.prediction_ratio_last:.3f}, "
        f"shuffled actions x{found.shuffled_ratio:.1f}, rank {found.effective_rank:.0f}, "
        f"metric {100 * found.metric_error:.2f} cm, imagined {100 * found.imagined_tool_error:.2f} cm, "
        f"probe {100 * found.tool_probe_error:.2f} cm"
    )
    if None not in (found.object_error, found.imagined_object_error, found.object_probe_error):
        text += (
            f"; object: metric {100 * found.object_error:.2f} cm, imagined {100 * found.imagined_object_error:.2f} cm, "
            f"probe {100 * found.object_probe_error:.2f} cm"
        )
    return text
