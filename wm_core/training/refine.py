"""Second stage of training, on frozen latents: long rollouts, foreseen touch. Minutes, so it is not resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from wm_core.config import RefineConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import Dataset
from wm_core.training.descent import TrainingError, descend
from wm_core.training.latent_cache import LatentCache
from wm_core.training.schedule import warm_up_and_decay


@dataclass(frozen=True)
class RefineProgress:
    """prediction, metric: squared errors as in `refine`; touch: cross entropy, nats."""

    step: int
    prediction: float
    metric: float
    touch: float


def refine(model: JepaWorldModel, cache: LatentCache, dataset: Dataset, config: RefineConfig) -> Iterator[RefineProgress]:
    """Trains predictors and touch head in place, the encoder and the metric as they are; yields after every step. Raises `TrainingError`.

    The loss adds to the latent error of an open-loop rollout the same error as the metric reads it, in longest steps:
    of 192 numbers the planner looks at few. Touch is learned on real and on imagined latents alike.
    """
    require_length(model, dataset, config)
    others = list(model.other_predictors)
    trained = [model.predictor, *others] + ([model.touch_head] if model.touch_head is not None else [])
    for part in trained:
        part.requires_grad_(True).train()
    weights = [weight for part in trained for weight in part.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = warm_up_and_decay(optimiser, config.learning_rate, config.steps)
    for step in range(1, config.steps + 1):
        torch.manual_seed((config.seed << 32) + step)  # of dropout
        windows = _windows(model, cache, dataset, config, step)
        terms = _terms(model, *windows, model.predictor)
        if others:  # in turn: they only tell how sure the first one is
            terms = 0.5 * (terms + _terms(model, *windows, others[step % len(others)]))
        loss = terms @ torch.tensor([1.0, config.metric, config.touch], device=terms.device)
        descend(loss, step, weights, optimiser)
        schedule.step()
        yield RefineProgress(step, *terms.tolist())
    model.eval().requires_grad_(False)


def require_length(model: JepaWorldModel, dataset: Dataset, config: RefineConfig) -> None:
    """Raises `TrainingError` for episodes too short to predict `config.horizon` steps in."""
    least = model.history + config.horizon - 1
    if dataset.steps < least:
        raise TrainingError(
            f"episodes have {dataset.steps} actions, expected at least {least} to refine on: "
            f"{model.history} moments are seen, then {config.horizon} steps predicted"
        )


def _windows(
    model: JepaWorldModel, cache: LatentCache, dataset: Dataset, config: RefineConfig, step: int
) -> tuple[Tensor, Tensor, Tensor]:
    """latents (B, K + H, D), actions (B, H, A) and touch (B, H) from the last real moment on."""
    random = np.random.default_rng([config.seed, 21, step])
    history, horizon = model.history, config.horizon
    episodes = random.integers(0, len(dataset), config.batch)[:, None]
    starts = random.integers(0, dataset.steps + 2 - history - horizon, config.batch)[:, None]
    moments, acted = starts + np.arange(history + horizon), starts + history - 1 + np.arange(horizon)
    device = model.device
    return (
        cache.latents[episodes, moments].float().to(device),
        torch.from_numpy(dataset.actions[episodes, acted]).float().to(device),
        torch.from_numpy(dataset.touch[episodes, acted] > 0.0).float().to(device),
    )


def _terms(model: JepaWorldModel, latents: Tensor, actions: Tensor, touch: Tensor, member: nn.Module) -> Tensor:
    """-> (3,), see `RefineProgress`"""
    history, size = model.history, model.config.visual_dim
    imagined, state, logits = [], latents[:, :history], []
    for number, action in enumerate(actions.unbind(1)):
        if model.touch_head is not None:
            seen = latents[:, number : number + history]
            logits += [(model.touch_head(seen, action), touch[:, number]), (model.touch_head(state, action), touch[:, number])]
        state = model.next(state, action, member)
        imagined.append(state[:, -1])
    off = torch.stack(imagined, dim=1) - latents[:, history:]
    read = model.metric.map(off[..., :size]) / model.config.max_step
    foreseen = torch.zeros((), device=off.device)
    if logits:
        foreseen = binary_cross_entropy_with_logits(*(torch.stack(part) for part in zip(*logits)))
    return torch.stack([off.square().mean(), read.square().sum(-1).mean(), foreseen])
