"""From maps of features to where each is seen."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SPREAD = 3.0  # places between -3 and 3: near unit variance for a feature that moves over half of the picture
_CLEAR = 8.0  # logit of a feature that is seen clearly


class Keypoints(nn.Module):
    """Where each feature is seen, and how clearly. Has no weights.

    A spatial softmax (Finn et al., Deep Spatial Autoencoders, arXiv 1509.06113) tells places to a fraction of a cell from few pictures:
    what moves in the picture moves a number, instead of leaving one feature and entering another.
    """

    numbers = 3  # a feature

    def __init__(self, cells: int) -> None:
        """cells: on each side of the maps."""
        super().__init__()
        line = torch.linspace(-_SPREAD, _SPREAD, cells)
        self.register_buffer("places", torch.cartesian_prod(line, line), persistent=False)  # (cells^2, 2)

    def forward(self, maps: Tensor) -> Tensor:
        """maps: (N, C, cells, cells), logits -> (N, 3 C): row and column of every feature, then how clear each is"""
        logits = maps.flatten(2)
        found = (logits.softmax(-1) @ self.places).flatten(1)
        return torch.cat([found, torch.tanh(logits.amax(-1) / _CLEAR)], dim=-1)
