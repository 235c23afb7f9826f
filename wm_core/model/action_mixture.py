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
        """-> (B, count, H, A). Waits for the device to learn how likely each component is."""
        if not count:  # which torch refuses to draw
            return self.means[:, :0]
        rows = torch.multinomial(self.log_weights.exp().cpu(), count, replacement=True, generator=generator)
        noise = torch.randn(*rows.shape, *self.means.shape[2:], generator=generator)
        return self._at(rows.to(self.means.device), noise.to(self.means))

    def sample_by(self, which: Tensor, noise: Tensor) -> Tensor:
        """which: (B, N), even in 0 to 1, noise: (B, N, H, A), standard normal -> (B, N, H, A); waits for nothing."""
        ends = self.log_weights.exp().cumsum(-1)[..., :-1].contiguous()
        return self._at(torch.searchsorted(ends, which, right=True), noise)

    def _at(self, rows: Tensor, noise: Tensor) -> Tensor:
        rows = rows[..., None, None].expand(-1, -1, *self.means.shape[2:])
        return self.means.gather(1, rows) + self.stds.gather(1, rows) * noise
