"""Several guesses at once: a mixture of Gaussians over the next actions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ActionMixture:
    """B mixtures of C components with diagonal covariance over H actions.

    log_weights: (B, C), normalised. means, stds: (B, C, H, A), in units of the longest step.
    """

    log_weights: Tensor
    means: Tensor
    stds: Tensor

    def log_prob(self, actions: Tensor) -> Tensor:
        """actions: (B, H, A) -> (B,)"""
        away = (actions[:, None] - self.means) / self.stds
        density = -0.5 * away.square() - self.stds.log() - 0.5 * math.log(2.0 * math.pi)
        return torch.logsumexp(self.log_weights + density.sum((-1, -2)), dim=-1)

    def modes(self) -> Tensor:
        """-> (B, C, H, A), the means of the components, the likeliest first"""
        order = self.log_weights.argsort(dim=-1, descending=True)
        return self.means.gather(1, order[..., None, None].expand_as(self.means))

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """-> (B, count, H, A); drawn on the CPU, so that one seed means the same on every device."""
        if not count:  # which torch refuses to draw
            return self.means[:, :0]
        rows = torch.multinomial(self.log_weights.exp().cpu(), count, replacement=True, generator=generator)
        rows = rows.to(self.means.device)[..., None, None].expand(-1, -1, *self.means.shape[2:])
        noise = torch.randn(rows.shape, generator=generator).to(self.means)
        return self.means.gather(1, rows) + self.stds.gather(1, rows) * noise
