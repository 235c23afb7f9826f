"""How far a model's reading of the object is off: `python benchmarks/object_reading.py --dataset DIR MODEL [MODEL ...]`.

On the last twentieth of the episodes: the metric's object part between two frames, and after 12 imagined steps, against the
true motion; apart for objects that stayed (moved less than 3 mm) and for those that moved more than 3 cm. All in cm.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

sys.path.append(str(Path(__file__).resolve().parent.parent))

from wm_core.model.checkpoint import load_world_model  # noqa: E402
from wm_core.model.world_model import JepaWorldModel  # noqa: E402
from wm_core.resources import find_model  # noqa: E402
from wm_core.training.dataset import Dataset, open_dataset  # noqa: E402
from wm_core.training.latent_cache import cache_latents  # noqa: E402

LAGS, HORIZON = (6, 12, 30), 12  # steps
STAYED, MOVED = 0.003, 0.03  # m


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--dataset", type=Path, required=True)
    options = parser.parse_args()
    episodes = open_dataset(options.dataset).split()[1]
    table = Table("model", "between", "stayed, rms", "p95", "moved, rms", "median", "read / true")
    for name in options.models:
        model = load_world_model(find_model(name), torch.device("cpu"))
        for between, found, true in _motions(model, episodes):
            table.add_row(name, between, *_errors(found, true))
    Console().print(table)


@torch.no_grad()
def _motions(model: JepaWorldModel, episodes: Dataset) -> list[tuple[str, Tensor, Tensor]]:
    """What was compared, motion as read and true motion, (N, 3) m each."""
    latents = cache_latents(model, episodes).latents.float()
    part, size = model.metric.object, model.config.visual_dim
    read, place = model.metric(latents[..., :size])[..., part], torch.from_numpy(episodes.object)
    rows = [(f"frames {lag} apart", _way(read, lag), _way(place, lag)) for lag in LAGS]
    actions, found, true = torch.from_numpy(episodes.actions).float(), [], []
    for first in range(0, episodes.steps - HORIZON - model.history + 1, 3):
        state, now = latents[:, first : first + model.history], first + model.history - 1
        for step in range(HORIZON):
            state = model.next(state, actions[:, now + step])
        found.append(model.metric(state[:, -1, :size])[..., part] - read[:, now])
        true.append(place[:, now + HORIZON] - place[:, now])
    return [*rows, (f"{HORIZON} imagined steps", torch.cat(found), torch.cat(true))]


def _way(places: Tensor, lag: int) -> Tensor:
    return (places[:, lag:] - places[:, :-lag]).flatten(0, 1)


def _errors(found: Tensor, true: Tensor) -> list[str]:
    off, moved = 100 * (found - true).norm(dim=-1), true.norm(dim=-1)
    stayed, went = off[moved < STAYED], off[moved > MOVED]
    share = (found * true)[moved > MOVED].sum() / true[moved > MOVED].square().sum()
    figures = (stayed.square().mean().sqrt(), stayed.quantile(0.95), went.square().mean().sqrt(), went.median(), share)
    return [f"{float(figure):.2f}" for figure in figures]


if __name__ == "__main__":
    main()
