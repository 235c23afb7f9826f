"""`wm refine`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from wm_core.cli.console import output, progress_bar
from wm_core.config.seed import LARGEST_SEED


def refine(
    model: Annotated[str, typer.Option(help="Name or folder of a trained model that knows objects.")],
    dataset: Annotated[list[Path], typer.Option(help="Folder that `wm collect` wrote; may be given several times.")],
    out: Annotated[Path, typer.Option(help="Folder of the refined model.")],
    steps: Annotated[Optional[int], typer.Option(min=1, help="Training steps, over the default.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of windows and pairs.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads, 0 for torch's choice.")] = 0,
) -> None:
    """Train on with frozen latents: long rollouts, a metric over long ways, and touch, without which nothing moves."""
    import torch

    from wm_core.config import ModelCardConfig, RefineConfig, parse_config
    from wm_core.device import choose_device
    from wm_core.model.checkpoint import load_card, load_world_model, save_world_model
    from wm_core.model.world_model import JepaWorldModel
    from wm_core.resources import find_model
    from wm_core.training.dataset import open_datasets
    from wm_core.training.fit import check_fit
    from wm_core.training.latent_cache import cache_latents
    from wm_core.training.metric_fit import refit_metric
    from wm_core.training.refine import refine as run
    from wm_core.training.refine import require_length

    if threads:
        torch.set_num_threads(threads)
    folder, where = find_model(model), choose_device(device)
    card, episodes = load_card(folder), open_datasets(dataset)
    check_fit(card.model, episodes)
    trained = load_world_model(folder, where)
    config = RefineConfig(seed=seed, **({} if steps is None else {"steps": steps}))
    require_length(trained, episodes, config)  # before minutes of encoding
    # Policies read the metric, which changes: they are to be fitted again.
    changed = {"model": card.model.model_dump() | {"touch": True}, "refine": config, "prior": None, "inverse_dynamics": None}
    card = parse_config(ModelCardConfig, card.model_dump() | changed, "refined model")
    torch.manual_seed(seed)
    refined = JepaWorldModel(card.model).to(where)
    refined.load_state_dict(trained.state_dict(), strict=False)  # the touch head is new
    seen, _ = episodes.split()
    with progress_bar() as progress:
        task = progress.add_task("encoding", total=len(seen), note="")
        cache = cache_latents(trained, seen, lambda done: progress.update(task, completed=done))
        refit_metric(refined, cache, seen, config.pair_steps, seed)
        task = progress.add_task(f"refining on {where}", total=config.steps, note="")
        for now in run(refined, cache, seen, config):
            note = f"latent {now.prediction:.3f}, metric {now.metric:.3f}, touch {now.touch:.3f}"
            progress.update(task, completed=now.step, note=note)
    save_world_model(refined, card, out)
    output.print(f"refined model in {out}: last loss {note}", highlight=False, soft_wrap=True)
