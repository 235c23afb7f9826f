"""Small readers of the visual latent: the action metric, which shapes it, and probes, which do not."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig


class ActionMetric(nn.Module):
    """A linear map of the visual latent to a space in which actions are straight lines, in m.

    Trained as linear inverse dynamics over several steps: map(z[t + k]) - map(z[t]) = a[t] + ... + a[t + k - 1].
    The labels are the actions alone; distance here is the tool motion that leads from one picture to the other.
    (Inverse dynamics against slow features: EB-JEPA, arXiv 2602.03604; straightened latents: WORLD_MODEL notes.)
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.map = nn.Linear(config.visual_dim, config.action_dim, bias=False)

    def forward(self, visual: Tensor) -> Tensor:
        """(..., D) -> (..., A) m, up to a constant"""
        return self.map(visual)


class Probe(nn.Module):
    """Implements `wm_core.protocols.Head`: reads a quantity from latents that it does not shape.

    Fitted on frozen latents after the world model is trained (`wm_core.training.probes`).
    """

    def __init__(self, visual_dim: int, out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(visual_dim, 256), nn.SiLU(), nn.Linear(256, out))
        self.register_buffer("mean", torch.zeros(out))
        self.register_buffer("std", torch.ones(out))

    def forward(self, latent: Tensor) -> Tensor:
        """(..., D) -> (..., out)"""
        return self.mean + self.std * self.layers(latent.detach())
