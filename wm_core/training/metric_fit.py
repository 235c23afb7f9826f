"""Fits the action metric anew on frozen latents, to moments that lie far apart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import Dataset
from wm_core.training.latent_cache import LatentCache

_PAIRS = 200  # an episode
_RIDGE = 1e-3  # of the mean square of a latent difference
_TOUCH_NOISE = 4.0  # variance that a step with touch adds to what was felt of the object, in units of a pair's own


def refit_metric(model: JepaWorldModel, cache: LatentCache, dataset: Dataset, pair_steps: int, seed: int) -> None:
    """Weighted least squares over pairs of moments of one episode, up to `pair_steps` apart; changes the map in place.

    Windows of training are short: how the arm's own picture leaks into the object's reading shows only between moments
    in which it stands far apart. What the arm felt of the object is noisy wherever it touched it, and exact elsewhere.
    """
    random = np.random.default_rng([seed, 20])
    episodes = np.repeat(np.arange(len(dataset)), _PAIRS)
    first = random.integers(0, dataset.steps, len(episodes))
    second = np.minimum(first + random.integers(1, pair_steps + 1, len(episodes)), dataset.steps)
    visual = cache.latents[..., : model.config.visual_dim]
    way = (visual[episodes, second].float() - visual[episodes, first].float()).double()
    felt, touched = _felt(model, dataset)
    moved = torch.from_numpy(felt[episodes, second] - felt[episodes, first])
    doubt = 1.0 / (1.0 + _TOUCH_NOISE * torch.from_numpy(touched[episodes, second] - touched[episodes, first]))
    metric, sure = model.metric, torch.ones_like(doubt)
    parts = ((metric.tool, sure), (metric.gripper, sure), (metric.object, doubt))
    rows = [_ridge(way, moved[:, part], weights) for part, weights in parts]
    with torch.no_grad():
        metric.map.weight.copy_(torch.cat(rows).to(metric.map.weight))


def _felt(model: JepaWorldModel, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Motion felt since an episode's first moment (N, T + 1, P) m, in the order of the metric; steps with touch (N, T + 1)."""
    parts = [dataset.tool - dataset.tool[:, :1]]
    if model.config.gripper:
        parts.append((dataset.gripper - dataset.gripper[:, :1])[..., None])
    parts.append(_summed(dataset.carried))
    return np.concatenate(parts, axis=-1, dtype=np.float64), _summed((dataset.touch > 0.0).astype(np.float64))


def _summed(steps: np.ndarray) -> np.ndarray:
    first = np.zeros_like(steps[:, :1], dtype=np.float64)
    return np.concatenate([first, steps.cumsum(axis=1, dtype=np.float64)], axis=1)


def _ridge(inputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """inputs: (N, D), targets: (N, P), weights: (N,) -> (P, D)"""
    weighted = inputs * weights[:, None]
    square = weighted.T @ inputs
    square += _RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype)
    return torch.linalg.solve(square, weighted.T @ targets).T
