"""`wm collect`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wm_core.cli.console import output, progress_bar


def collect(
    out: Annotated[Path, typer.Option(help="Folder of the dataset; a collection that was stopped goes on.")],
    environment: Annotated[str, typer.Option("--env", help="Registered environment.")] = "panda_tabletop",
    episodes: Annotated[int, typer.Option(min=1, help="Episodes in all.")] = 1000,
    steps: Annotated[int, typer.Option(min=8, help="Actions in one episode.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Of the whole collection; evaluation seeds are never in it.")] = 0,
    image_size: Annotated[int, typer.Option(min=16, max=256, help="Side of the stored frames, pixels.")] = 64,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Collect episodes of random motion in a simulated environment."""
    from wm_core.environments import find_environment
    from wm_core.training.collect import CollectionConfig
    from wm_core.training.collect import collect as run

    find_environment(environment)  # before the progress bar, and before any process is started for it
    config = CollectionConfig(
        environment=environment, episodes=episodes, steps=steps, seed=seed, image_size=image_size
    )
    with progress_bar() as progress:
        task = progress.add_task("episodes", total=episodes, note="")
        for added in run(config, out, workers):
            progress.advance(task, added)
    output.print(f"{episodes} episodes of {steps} actions in {out}", highlight=False)
