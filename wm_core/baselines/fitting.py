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
from wm_core.training.origin import origin_of, require_same_origin, write_origin
from wm_core.training.sampler import WindowSampler
from wm_core.training.state import STATE, load_state, save_state
from wm_core.training.whole_steps import held_signals
from wm_core.training.windows import Windows

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

    A checkpoint is written as by `wm_core.training.loop.train`. readers: processes that read batches ahead, 0 reads them here.
    Raises `TrainingError` when the loss diverges, or `folder` holds a run of another configuration or on other data, and `CheckpointError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / CONFIG).exists() and load_card(folder) != card:
        raise TrainingError(f"{folder} holds a run with another configuration; choose another folder or its {CONFIG}")
    origin = origin_of(dataset)
    require_same_origin(folder, origin)
    save_config(card, folder / CONFIG)
    config = card.training
    seen, unseen = dataset.split()
    learner = _Learner(kind, card, seen, device)
    done = saved = learner.load(folder)
    if not done:
        write_origin(folder, origin)
    length = card.model.history + config.rollout
    sampler, checker = WindowSampler(seen, length, device), WindowSampler(unseen, length, device)
    steps = range(done + 1, config.steps + 1)
    try:
        for step, windows in zip(steps, sampler.batches(config.batch, config.seed, steps, readers)):
            held_out = None
            with held_signals():
                loss = learner.learn(windows, step)
                done = step
            if step % config.checkpoint_every == 0 or step == config.steps:
                held_out = learner.check(checker.batch(config.batch, config.seed, 2**31))
                learner.save(folder, step)
                saved = step
            yield Fitted(step, loss, held_out)
    except (GeneratorExit, KeyboardInterrupt):
        # Only then: after an error NaN may be in the weights.
        if saved < done:
            learner.save(folder, done)
        raise


class _Learner:
    """A baseline while it learns; what a step does depends on its number, its batch and the weights alone."""

    def __init__(self, kind: Kind, card: ModelCardConfig, seen: Dataset, device: torch.device) -> None:
        self._kind, self._config, self._loss = kind, card.training, _LOSSES[kind]
        torch.manual_seed(self._config.seed)
        self._model = MODELS[kind](card.model).to(device)
        _normalise(self._model, seen)
        self._model.encoder.bf16_convolutions = self._config.precision == "bf16"
        self._optimiser = torch.optim.AdamW(
            self._model.parameters(), lr=self._config.learning_rate, weight_decay=self._config.weight_decay
        )

    def load(self, folder: Path) -> int:
        """Goes on with the run in `folder`, where there is one; returns the number of steps done."""
        path = folder / STATE
        return load_state(path, self._model, self._optimiser) if path.exists() else 0

    def save(self, folder: Path, step: int) -> None:
        """The run, to go on with, and the model, to use."""
        with held_signals():
            save_state(folder / STATE, self._model, self._optimiser, step)
            save_baseline(self._kind, self._model, folder)

    def learn(self, windows: Windows, step: int) -> float:
        """One step; its loss."""
        # Dropout depends on (seed, step) alone: a resumed run repeats what the killed one would have done.
        seed = (self._config.seed << 32) + step
        torch.manual_seed(seed)
        self._model.train()
        windows = replace(windows, images=augment(windows.images, self._config, torch.Generator().manual_seed(seed)))
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(self._config, step)
        loss = self._loss(self._model, windows)
        descend(loss, step, list(self._model.parameters()), self._optimiser, self._config.clip)
        return loss.item()

    @torch.no_grad()
    def check(self, windows: Windows) -> float:
        """The loss, nothing learned."""
        self._model.eval()
        return self._loss(self._model, windows).item()


def _normalise(model: nn.Module, seen: Dataset) -> None:
    mean, std = (torch.from_numpy(part[: model.config.proprioception]) for part in seen.joint_statistics())
    model.encoder.normalise_joints(mean, std)
    if isinstance(model, ToolRegressor):
        places = torch.from_numpy(seen.tool).flatten(0, 1)
        model.head.mean.copy_(places.mean(0))
        model.head.std.copy_(places.std(0).clamp_min(1e-6))
