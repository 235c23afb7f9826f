"""`wm prior`"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from wm_core.cli.console import output, progress_bar
from wm_core.config.seed import LARGEST_SEED


class Kind(str, Enum):
    """What is fitted: proposals for the planner, or the inverse dynamics that it is compared with."""

    PRIOR = "prior"
    INVERSE_DYNAMICS = "inverse_dynamics"


def prior(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model; the policy is written beside it.")],
    dataset: Annotated[list[Path], typer.Option(help="Folder that `wm collect` wrote; may be given several times.")],
    kind: Annotated[Kind, typer.Option(help="Proposals for the planner, or a baseline that sees near goals only.")] = Kind.PRIOR,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Training steps, over the default.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of weights and batches.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
) -> None:
    """Fit a goal-conditioned policy to a model's latents: the planner draws some of its samples from it."""
    import torch

    from wm_core.config import PriorConfig
    from wm_core.device import choose_device
    from wm_core.model.checkpoint import load_card, load_world_model
    from wm_core.model.policy_checkpoint import save_policy
    from wm_core.model.prior import GoalPolicy
    from wm_core.resources import find_model
    from wm_core.training.dataset import open_datasets
    from wm_core.training.fit import check_fit
    from wm_core.training.latent_cache import cache_latents
    from wm_core.training.prior import check_prior, fit_prior

    if threads:
        torch.set_num_threads(threads)
    folder = find_model(model)
    card, episodes = load_card(folder), open_datasets(dataset)
    check_fit(card.model, episodes)
    near = {"components": 1, "goal_steps": card.planner.horizon} if kind is Kind.INVERSE_DYNAMICS else {}
    given = {} if steps is None else {"steps": steps}
    config = PriorConfig(horizon=card.planner.horizon, seed=seed, **near, **given)
    world = load_world_model(folder, choose_device(device))
    seen, unseen = episodes.split()
    with progress_bar() as progress:
        task = progress.add_task("encoding", total=len(episodes), note="")
        held_out = cache_latents(world, unseen, lambda done: progress.update(task, completed=done))
        cache = cache_latents(world, seen, lambda done: progress.update(task, completed=len(unseen) + done))
        task = progress.add_task(f"fitting on {world.device}", total=config.steps, note="")
        torch.manual_seed(seed)
        policy = GoalPolicy(config, world).to(world.device)
        for now in fit_prior(policy, world, cache, config):
            progress.update(task, completed=now.step, note=f"loss {now.loss:.3f}")
    found = check_prior(policy, world, held_out, config)
    save_policy(policy, folder, kind.value)
    output.print(
        f"{kind.value} in {folder}: on held-out episodes loss {found.loss:.3f}, first action off by {100 * found.error:.2f} cm "
        f"({100 * found.shuffled_error:.2f} cm with other goals, {100 * found.nearest_error:.2f} cm by its best guess)",
        highlight=False,
        soft_wrap=True,
    )
