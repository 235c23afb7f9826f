"""A model while it learns: weights, optimiser and, where it has one, the slow encoder that it predicts."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from wm_core.config import ModelCardConfig, TrainingConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.encoder import ConvEncoder
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.augmentation import augment
from wm_core.training.crew import Crew
from wm_core.training.dataset import Dataset
from wm_core.training.descent import TrainingError, descend
from wm_core.training.losses import LossTerms, world_model_loss
from wm_core.training.state import STATE, load_state, save_state
from wm_core.training.whole_steps import held_signals
from wm_core.training.windows import Windows


class Learner:
    """Learns one batch at a time; what a step does depends on its number, its batch and the weights alone."""

    def __init__(self, card: ModelCardConfig, seen: Dataset, device: torch.device, crew: Crew) -> None:
        """seen: the episodes to learn from."""
        self._card, self._config, self._crew = card, card.training, crew
        torch.manual_seed(self._config.seed)
        self.model = JepaWorldModel(card.model).to(device)
        mean, std = (torch.from_numpy(part[: card.model.proprioception]) for part in seen.joint_statistics())
        self.model.encoder.normalise_joints(mean, std)
        self.model.encoder.bf16_convolutions = self._config.precision == "bf16"
        self._target = _slow_copy(self.model.encoder) if self._config.loss.regulariser == "ema" else None
        self._optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=self._config.learning_rate, weight_decay=self._config.weight_decay
        )
        if device.type == "cuda":
            _make_fast(self.model, self._config)

    def load(self, folder: Path) -> int:
        """Goes on with the run in `folder`, where there is one; returns the number of steps done."""
        path = folder / STATE
        return load_state(path, self.model, self._optimiser, self._target) if path.exists() else 0

    def start_from(self, model: JepaWorldModel) -> None:
        """Begins with the weights of a trained model. Raises `TrainingError` for another architecture."""
        if model.config != self._card.model:
            raise TrainingError("the model to start from has another architecture than the configuration")
        self.model.load_state_dict(model.state_dict())

    def save(self, folder: Path, step: int) -> None:
        """The run, to go on with, and the model, to use. Raises `CheckpointError`."""
        with held_signals():
            save_state(folder / STATE, self.model, self._optimiser, step, self._target)
            save_world_model(self.model, self._card, folder)

    def learn(self, windows: Windows, step: int) -> LossTerms:
        """One step on this process' share of the batch. Raises `TrainingError` for a loss that is no number."""
        # Dropout and slices depend on (seed, step) alone: a resumed run repeats what the killed one would have done.
        seed = (self._config.seed << 32) + step + (self._crew.rank << 56)
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        self.model.train()
        windows = replace(windows, images=augment(windows.images, self._config, generator))
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(self._config, step)
        loss = world_model_loss(self.model, windows, self._config.loss, generator, self._target)
        weights, average = list(self.model.parameters()), partial(self._crew.average, self.model)
        descend(loss.total, step, weights, self._optimiser, self._config.clip, average)
        if self._target is not None:
            _follow(self._target, self.model.encoder, self._config.loss.momentum)
        return loss


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Linear warm-up, then a cosine to a hundredth; `step` counts from 1."""
    if step <= config.warmup:
        return config.learning_rate * step / config.warmup
    share = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * share)))


def _slow_copy(encoder: ConvEncoder) -> ConvEncoder:
    # It stays in training mode: its latents are normalised by their batch, as those that predict them are.
    return copy.deepcopy(encoder).requires_grad_(False)


@torch.no_grad()
def _follow(slow: ConvEncoder, fast: ConvEncoder, momentum: float) -> None:
    for mine, other in zip(slow.parameters(), fast.parameters()):
        mine.lerp_(other, 1.0 - momentum)


def _make_fast(model: JepaWorldModel, config: TrainingConfig) -> None:
    # In place: names in checkpoints stay as they are. What is not convolved is matrix products: TF32 for those.
    torch.set_float32_matmul_precision("high" if config.precision == "bf16" else "highest")
    for part in (model.encoder.convolutions, model.predictor, *model.other_predictors):
        part.compile()
