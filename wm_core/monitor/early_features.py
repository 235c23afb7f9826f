"""Colours and textures, region by region, from the encoder's first convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class EarlyFeatures:
    """Listens to an encoder while it works; nothing in the encoder changes.

    On the shipped reach model these statistics notice glare, shade and limbs in the picture that the latent, which was
    trained to ignore what actions do not change, hardly tells from training data.
    """

    cells = 2  # regions on each side of the picture

    def __init__(self, encoder: nn.Module) -> None:
        """Raises `ValueError` for an encoder without a convolution."""
        self._first = next((module for module in encoder.modules() if isinstance(module, nn.Conv2d)), None)
        if self._first is None:
            raise ValueError("the encoder has no convolution whose features could be watched")
        self.width = 2 * self._first.out_channels

    def __enter__(self) -> EarlyFeatures:
        self._seen: Tensor | None = None
        self._handle = self._first.register_forward_hook(self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.remove()

    def take(self) -> Tensor:
        """(B, C, F) of the pictures that the encoder looked at last: mean and spread of each filter in each region."""
        if self._seen is None:
            raise RuntimeError("the encoder has not looked at anything yet")
        features = self._seen.float()
        mean = functional.adaptive_avg_pool2d(features, self.cells)
        spread = (functional.adaptive_avg_pool2d(features.square(), self.cells) - mean.square()).clamp_min(0.0).sqrt()
        return torch.cat([mean, spread], dim=1).flatten(2).transpose(1, 2)

    def _keep(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self._seen = output.detach()
