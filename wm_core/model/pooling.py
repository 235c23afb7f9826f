"""From a grid of features to numbers that tell where things are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig


class KeypointPooling(nn.Module):
    """Looks for `points` things in a grid latent: where each is (spatial softmax) and what is seen there (attention).

    Source of the spatial softmax: Finn et al., Deep Spatial Autoencoders, arXiv 1509.06113.
    """

    def __init__(self, config: WorldModelConfig, points: int = 16) -> None:
        super().__init__()
        self.cells = config.grid
        self.channels = config.visual_dim // self.cells**2
        self.attention = nn.Sequential(
            nn.Conv2d(self.channels, 64, 3, padding=1), nn.SiLU(), nn.Conv2d(64, points, 1)
        )
        self.outputs = points * (2 + self.channels)
        line = torch.linspace(-1.0, 1.0, self.cells)
        self.register_buffer("places", torch.cartesian_prod(line, line), persistent=False)  # (cells^2, 2)

    def forward(self, visual: Tensor) -> Tensor:
        """(..., D) -> (..., outputs)"""
        grid = visual.reshape(-1, self.channels, self.cells, self.cells)
        share = self.attention(grid).flatten(2).softmax(-1)  # (N, points, cells^2)
        found = torch.cat([share @ self.places, share @ grid.flatten(2).mT], dim=-1)
        return found.reshape(*visual.shape[:-1], self.outputs)
