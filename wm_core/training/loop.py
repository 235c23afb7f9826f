"""Trains a world model; one call of `train` is one run, new or resumed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from wm_core.config import ModelCardConfig, TrainingConfig, save_config
from wm_core.model.checkpoint import CONFIG, load_card, save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.augmentation import augment
from wm_core.training.dataset import Dataset
from wm_core.training.diagnostics import Diagnostics, diagnose
from wm_core.training.losses import LossTerms, world_model_loss
from wm_core.training.probes import fit_probes
from wm_core.training.sampler import WindowSampler
from wm_core.training.state import STATE, load_state, save_state

HELD_OUT = 0.05  # of the episodes, the last ones: diagnosed, never trained on
SMALLEST_RANK = 2.0  # a latent of fewer directions cannot tell where a tool is


class TrainingError(ValueError):
    """The run cannot go on; the message says why."""


@dataclass(frozen=True)
class Progress:
    """After one step. diagnostics: at checkpoints, else None."""

    step: int
    loss: LossTerms
    diagnostics: Diagnostics | None = None


def train(card: ModelCardConfig, dataset: Dataset, folder: Path, device: torch.device) -> Iterator[Progress]:
    """Trains to `card.training.steps`, from the state in `folder` where there is one; yields after every step.

    A checkpoint is written every `checkpoint_every` steps, and when the consumer stops iterating.
    Raises `TrainingError` on a collapsed or diverged model, or when `folder` holds another configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _same_configuration(card, folder)
    config = card.training
    seen, unseen = dataset.split(HELD_OUT)
    torch.manual_seed(config.seed)
    model = JepaWorldModel(card.model).to(device)
    mean, std = (torch.from_numpy(part[: card.model.proprioception]) for part in seen.joint_statistics())
    model.encoder.normalise_joints(mean, std)
    model.encoder.bf16_convolutions = config.precision == "bf16"
    optimiser = _optimiser(model, config)
    done = load_state(folder / STATE, model, optimiser) if (folder / STATE).exists() else 0
    length = card.model.history + config.rollout
    samplers = WindowSampler(seen, length, device), WindowSampler(unseen, length, device)
    saved = done
    try:
        for done in range(done + 1, config.steps + 1):
            loss = _step(model, optimiser, samplers[0], config, done)
            if done % config.checkpoint_every and done < config.steps:
                yield Progress(done, loss)
                continue
            if done == config.steps:
                fit_probes(model, seen, config)
            found = _diagnose(model, samplers[1], config)
            if done > config.warmup:  # before, normalisation statistics say more about the start than about the latent
                _refuse_collapse(found)
            _save(folder, model, optimiser, card, done)
            saved = done
            yield Progress(done, loss, found)
    finally:
        if saved < done:
            _save(folder, model, optimiser, card, done)


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Linear warm-up, then a cosine to a hundredth; `step` counts from 1."""
    if step <= config.warmup:
        return config.learning_rate * step / config.warmup
    share = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * share)))


def _step(
    model: JepaWorldModel, optimiser: torch.optim.Optimizer, sampler: WindowSampler, config: TrainingConfig, step: int
) -> LossTerms:
    # Dropout and slices depend on (seed, step) alone: a resumed run repeats what the killed one would have done.
    torch.manual_seed((config.seed << 32) + step)
    generator = torch.Generator().manual_seed((config.seed << 32) + step)
    model.train()
    windows = sampler.batch(config.batch, config.seed, step)
    windows = replace(windows, images=augment(windows.images, config, generator))
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(config, step)
    loss = world_model_loss(model, windows, config.loss, generator)
    if not loss.total.isfinite():
        raise TrainingError(f"the loss is {loss.total.item()} at step {step}; lower the learning rate")
    optimiser.zero_grad(set_to_none=True)
    loss.total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    optimiser.step()
    return loss


def _diagnose(model: JepaWorldModel, sampler: WindowSampler, config: TrainingConfig) -> Diagnostics:
    model.eval()
    # A seed apart from every training step's.
    return diagnose(model, sampler.batch(256, config.seed, 2**31))


def _refuse_collapse(found: Diagnostics) -> None:
    if found.effective_rank < SMALLEST_RANK:
        raise TrainingError(
            f"the latent collapsed: effective rank {found.effective_rank:.1f}, expected at least {SMALLEST_RANK}; "
            "raise loss.regularisation"
        )


def _optimiser(model: JepaWorldModel, config: TrainingConfig) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)


def _save(
    folder: Path, model: JepaWorldModel, optimiser: torch.optim.Optimizer, card: ModelCardConfig, step: int
) -> None:
    save_state(folder / STATE, model, optimiser, step)
    save_world_model(model, card, folder)


def _same_configuration(card: ModelCardConfig, folder: Path) -> None:
    if not (folder / CONFIG).exists():
        save_config(card, folder / CONFIG)
        return
    there = load_card(folder)
    if (there.model, there.training) != (card.model, card.training):
        raise TrainingError(f"{folder} holds a run with another configuration; choose another folder or its {CONFIG}")
