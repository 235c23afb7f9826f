"""Trains a baseline: the batches, steps, learning rate and augmentation of a world model of the same configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from wm_core.baselines.losses import pixel_loss, regressor_loss
from wm_core.baselines.regressor import ToolRegressor
from wm_core.baselines.store import MODELS, Kind, save_baseline
from wm_core.config import ModelCardConfig, save_config
from wm_core.model.checkpoint import CONFIG, load_card
from wm_core.training.augmentation import augment
from wm_core.training.dataset import Dataset
from wm_core.training.descent import TrainingError, descend
from wm_core.training.learner import learning_rate
from wm_core.training.sampler import WindowSampler
from wm_core.training.windows import Windows
from wm_core.training.state import STATE, load_state, save_state

_LOSSES: dict[str, Callable[[nn.Module, Windows], Tensor]] = {"pixel": pixel_loss, "regressor": regressor_loss}


@dataclass(frozen=True)
class Fitted:
    """After one step. held_out: the loss on episodes apart, at checkpoints, else None."""

    step: int
    loss: float
    held_out: float | None = None


def fit_baseline(
    kind: Kind, card: ModelCardConfig, dataset: Dataset, folder: Path, device: torch.device, readers: int = 0
) -> Iterator[Fitted]:
    """Trains to `card.training.steps`, from the state in `folder` where there is one; yields after every step.

    readers: processes that read batches ahead, 0 reads them here. Raises `TrainingError` when the loss diverges, or `folder` holds another configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / CONFIG).exists() and load_card(folder) != card:
        raise TrainingError(f"{folder} holds a run with another configuration; choose another folder or its {CONFIG}")
    save_config(card, folder / CONFIG)
    config = card.training
    seen, unseen = dataset.split()
    torch.manual_seed(config.seed)
    model = MODELS[kind](card.model).to(device)
    _normalise(model, seen)
    model.encoder.bf16_convolutions = config.precision == "bf16"
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    done = load_state(folder / STATE, model, optimiser) if (folder / STATE).exists() else 0
    length = card.model.history + config.rollout
    sampler, checker = WindowSampler(seen, length, device), WindowSampler(unseen, length, device)
    steps = range(done + 1, config.steps + 1)
    for step, windows in zip(steps, sampler.batches(config.batch, config.seed, steps, readers)):
        # Dropout depends on (seed, step) alone: a resumed run repeats what the killed one would have done.
        torch.manual_seed((config.seed << 32) + step)
        generator = torch.Generator().manual_seed((config.seed << 32) + step)
        model.train()
        windows = replace(windows, images=augment(windows.images, config, generator))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(config, step)
        loss = _LOSSES[kind](model, windows)
        descend(loss, step, list(model.parameters()), optimiser, config.clip)
        if step % config.checkpoint_every and step < config.steps:
            yield Fitted(step, loss.item())
            continue
        model.eval()
        with torch.no_grad():
            held_out = _LOSSES[kind](model, checker.batch(config.batch, config.seed, 2**31)).item()
        save_state(folder / STATE, model, optimiser, step)
        save_baseline(kind, model, folder)
        yield Fitted(step, loss.item(), held_out)


def _normalise(model: nn.Module, seen: Dataset) -> None:
    mean, std = (torch.from_numpy(part[: model.config.proprioception]) for part in seen.joint_statistics())
    model.encoder.normalise_joints(mean, std)
    if isinstance(model, ToolRegressor):
        places = torch.from_numpy(seen.tool).flatten(0, 1)
        model.head.mean.copy_(places.mean(0))
        model.head.std.copy_(places.std(0).clamp_min(1e-6))
