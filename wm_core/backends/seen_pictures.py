"""Pictures are looked at once, however many plans and whoever else asks for their latents."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

KEPT = 12  # pictures; a second model step back at 20 frames a second is the ninth


class SeenPictures:
    """The visual latents of the last pictures, known by what they show.

    Every picture is encoded alone, so that its latent does not depend on which others were known: same picture, same bits.
    """

    def __init__(self, encode: Callable[[Tensor], Tensor]) -> None:
        """encode: (1, 3V, h, w) uint8 -> (1, D_v), of weights that do not change."""
        self._encode = encode
        self._known: deque[tuple[np.ndarray, Tensor]] = deque(maxlen=KEPT)

    def latents(self, pictures: np.ndarray, device: torch.device) -> Tensor:
        """pictures: (T, 3V, h, w) uint8 -> (T, D_v) on `device`"""
        return torch.stack([self._latent(picture, device) for picture in pictures])

    def _latent(self, picture: np.ndarray, device: torch.device) -> Tensor:
        for known, latent in reversed(self._known):
            # What inference mode made can take no part in a gradient, and who is not in that mode may want one.
            if np.array_equal(known, picture) and (torch.is_inference_mode_enabled() or not latent.is_inference()):
                return latent
        latent = self._encode(torch.from_numpy(picture[None]).to(device))[0]
        self._known.append((picture.copy(), latent))
        return latent
