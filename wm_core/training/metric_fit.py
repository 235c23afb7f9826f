"""Fits the action metric anew on frozen latents, to moments that lie far apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import Dataset
from wm_core.training.held_places import held_places, summed
from wm_core.training.latent_cache import LatentCache

_PAIRS = 200  # an episode
_RIDGE = 1e-3  # of the mean square of what is read from
_TOUCH_NOISE = 4.0  # variance that a step with touch adds to what was felt of the object, in units of a pair's own


@dataclass(frozen=True, eq=False)
class Equations:
    """Normal equations of weighted least squares. square: (D, D), product: (D, P)."""

    square: Tensor
    product: Tensor

    def __add__(self, other: Equations) -> Equations:
        return Equations(self.square + other.square, self.product + other.product)

    def solve(self) -> Tensor:
        """-> (P, D), with a little of a ridge"""
        ridge = _RIDGE * self.square.diagonal().mean() * torch.eye(len(self.square), dtype=self.square.dtype)
        return torch.linalg.solve(self.square + ridge, self.product).T


def equations(inputs: Tensor, targets: Tensor, weights: Tensor) -> Equations:
    """inputs: (N, D), targets: (N, P), weights: (N,); their sum does not matter."""
    weighted = inputs * (weights / weights.sum().clamp_min(1e-9))[:, None]
    return Equations(weighted.T @ inputs, weighted.T @ targets)


def refit_metric(model: JepaWorldModel, cache: LatentCache, dataset: Dataset, pair_steps: int, seed: int) -> None:
    """Weighted least squares over pairs of moments of one episode, and over places between episodes; changes the map in place.

    Windows of training are short: how the arm's own picture leaks into the object's reading shows only between moments
    in which it stands far apart. What the arm felt of the object is noisy wherever it touched it, and exact elsewhere.
    Pairs alone would read motions short: hardly any moves far, and the latents' own noise shrinks what is fitted to
    little. Places differ by tens of centimetres; they are known of the tool always, of the object where a hand held it.
    """
    visual = cache.latents[..., : model.config.visual_dim]
    felt, touched = _felt(model, dataset)
    between, moved, touches = _pairs(visual, felt, touched, pair_steps, np.random.default_rng([seed, 20]))
    flat, held = visual.flatten(0, 1).double(), held_places(dataset)
    places = torch.from_numpy(np.concatenate([felt[..., : model.metric.object.start], held.place], axis=-1)).flatten(0, 1)
    certainty, sure = torch.from_numpy(held.certainty).flatten().double(), torch.ones(len(flat), dtype=torch.float64)
    doubt = 1.0 / (1.0 + _TOUCH_NOISE * touches)
    rows = []
    for part, of_pair, of_place in (
        (model.metric.tool, torch.ones_like(doubt), sure),
        (model.metric.gripper, torch.ones_like(doubt), sure),
        (model.metric.object, doubt, certainty),
    ):
        centred = _centred(flat, of_place), _centred(places[:, part], of_place)
        rows.append((equations(between, moved[:, part], of_pair) + equations(*centred, of_place)).solve())
    with torch.no_grad():
        model.metric.map.weight.copy_(torch.cat(rows).to(model.metric.map.weight))


def _pairs(
    visual: Tensor, felt: np.ndarray, touched: np.ndarray, pair_steps: int, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Change of latents (N, D), motion felt (N, P) m and touches (N,) between two moments."""
    count, steps = visual.shape[0], visual.shape[1] - 1
    episodes = np.repeat(np.arange(count), _PAIRS)
    first = random.integers(0, steps, len(episodes))
    second = np.minimum(first + random.integers(1, pair_steps + 1, len(episodes)), steps)
    way = (visual[episodes, second].float() - visual[episodes, first].float()).double()
    moved = torch.from_numpy(felt[episodes, second] - felt[episodes, first])
    return way, moved, torch.from_numpy(touched[episodes, second] - touched[episodes, first])


def _felt(model: JepaWorldModel, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Places of tool and fingers, then motion felt since an episode's first moment (N, T + 1, P) m; touches so far (N, T + 1)."""
    parts = [dataset.tool]
    if model.config.gripper:
        parts.append(dataset.gripper[..., None])
    parts.append(summed(dataset.carried))
    return np.concatenate(parts, axis=-1, dtype=np.float64), summed(dataset.touch > 0.0)


def _centred(values: Tensor, weights: Tensor) -> Tensor:
    return values - (weights[:, None] * values).sum(0) / weights.sum().clamp_min(1e-9)
