"""How far something is from what was seen in training."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Gaussians:
    """C normal distributions over F features: the leading directions one by one, all others with one variance.

    mean: (C, F); directions: (C, F, R), orthonormal; scale: (C, R), standard deviations; rest: (C,), of the others.
    (Probabilistic principal components, Tipping and Bishop 1999: it fits with fewer samples than features.)
    """

    mean: Tensor
    directions: Tensor
    scale: Tensor
    rest: Tensor

    def distance(self, features: Tensor) -> Tensor:
        """features: (B, C, F) -> (B,): Mahalanobis distance, root mean square over features and distributions."""
        way = features - self.mean
        along = torch.einsum("bcf,cfr->bcr", way, self.directions)
        # What is left after the leading directions; rounding may push it below nothing.
        left = (way.square().sum(-1) - along.square().sum(-1)).clamp_min(0.0)
        total = (along / self.scale).square().sum(-1) + left / self.rest.square()
        return (total / self.mean.shape[-1]).mean(-1).sqrt()

    def tensors(self) -> dict[str, Tensor]:
        """The fields by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def fit_gaussians(features: Tensor, leading: int = 64, floor: float = 1e-2) -> Gaussians:
    """features: (N, C, F). leading: directions with a variance of their own.

    floor: smallest standard deviation, of the largest; what hardly ever varied must not count for everything.
    """
    rows, _, width = features.shape
    mean = features.mean(0)
    centred = (features - mean).cpu().double().transpose(0, 1)  # (C, N, F)
    count = min(leading, width, rows)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the directions are found by random projections
        _, strength, directions = torch.pca_lowrank(centred, count, center=False)
    variance = strength.square() / (rows - 1)
    total = centred.square().sum((1, 2)) / (rows - 1)
    smallest = floor * variance[:, 0].sqrt().clamp_min(1e-6)
    left = ((total - variance.sum(1)) / max(1, width - count)).clamp_min(0.0).sqrt()
    scale = torch.maximum(variance.sqrt(), smallest[:, None])
    parts = (part.to(mean) for part in (directions, scale, torch.maximum(left, smallest)))
    return Gaussians(mean, *parts)
