"""`wm collect`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from wm_core.cli.console import kept_in, output, progress_bar


def collect(
    out: Annotated[Path, typer.Option(help="Folder of the dataset; a collection that was stopped goes on.")],
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    task: Annotated[str, typer.Option(help="Of the environment: reach, push, pick_place, reach_around.")] = "reach",
    look: Annotated[float, typer.Option(min=0.0, max=1.0, help="Strength of the domain randomisation.")] = 0.0,
    views: Annotated[int, typer.Option(min=1, max=4, help="Cameras.")] = 1,
    mix: Annotated[str, typer.Option(help="Behaviours and their weights: wander=1,push=3,grasp=2")] = "wander=1",
    episodes: Annotated[int, typer.Option(min=1, help="Episodes in all.")] = 1000,
    steps: Annotated[int, typer.Option(min=8, help="Actions in one episode.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Of the whole collection; evaluation seeds are never in it.")] = 0,
    image_size: Annotated[int, typer.Option(min=16, max=256, help="Side of the stored frames, pixels, a multiple of 16.")] = 64,
    policy: Annotated[Optional[Path], typer.Option(help="Model folder: its planner drives, not --mix.")] = None,
    round_number: Annotated[int, typer.Option("--round", min=1, help="With --policy: which round; no two share a scene.")] = 1,
    candidates: Annotated[int, typer.Option(min=1, max=20, help="With --policy: runs that most episodes are chosen from.")] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Collect episodes of scripted and random motion, or of the planner itself, in a simulated environment."""
    from wm_core.config import parse_config
    from wm_core.environments import find_environment
    from wm_core.training.collect import collect as run
    from wm_core.training.manifest import CollectionConfig, read_manifest
    from wm_core.training.on_policy import on_policy_round

    find_environment(environment)  # before the progress bar, and before any process is started for it
    asked = {
        "environment": environment, "task": task, "look": look, "views": views, "mix": _weights(mix),
        "episodes": episodes, "steps": steps, "seed": seed, "image_size": image_size,
        "on_policy": None if policy is None else on_policy_round(policy, round_number, candidates).model_dump(),
    }  # fmt: skip
    config = parse_config(CollectionConfig, asked, "command line")
    with kept_in(out), progress_bar() as progress:
        bar = progress.add_task("episodes", total=episodes, note="")
        for added in run(config, out, workers):
            progress.advance(bar, added)
    counts = read_manifest(out).counts
    said = f"{100.0 * counts.contact:.1f} % of the actions with touch, {counts.dropped} episodes spoiled and drawn again"
    if counts.error is not None:
        said += f", one-step error {100.0 * counts.error:.2f} cm, {100.0 * counts.drawn_error:.2f} cm before choosing"
    output.print(f"{episodes} episodes of {steps} actions in {out}: {said}", highlight=False, soft_wrap=True)


def _weights(mix: str) -> dict[str, float]:
    """'wander=1,push=3' -> weights by name; a name alone weighs 1."""
    found = {}
    for part in mix.split(","):
        name, _, weight = part.partition("=")
        try:
            found[name.strip()] = float(weight or 1.0)
        except ValueError:
            raise typer.BadParameter(f"'{part}': expected NAME=WEIGHT", param_hint="--mix") from None
    return found
