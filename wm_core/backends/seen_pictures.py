"""Pictures are looked at once, however many plans and whoever else asks for their latents."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

KEPT = 12  # pictures; a second model step back at 20 frames a second is the ninth


class SeenPictures:
    """The visual latents of the last pictures, known by what they show. Several threads may ask at once.

    Every picture is encoded alone, so that its latent does not depend on which others were known: same picture, same bits.
    """

    def __init__(self, encode: Callable[[Tensor], Tensor]) -> None:
        """encode: (1, 3V, h, w) uint8 of the host -> (1, D_v), of weights that do not change."""
        self._encode = encode
        self._known: dict[bytes, Tensor] = {}  # the newest last
        self._lock = threading.Lock()  # while one is written down: another thread would find the order of them changing

    def latents(self, pictures: np.ndarray) -> Tensor:
        """pictures: (T, 3V, h, w) uint8 -> (T, D_v)"""
        return torch.stack([self._latent(picture) for picture in pictures])

    def _latent(self, picture: np.ndarray) -> Tensor:
        pixels = picture.tobytes()
        latent = self._known.get(pixels)
        # What inference mode made can take no part in a gradient, and who is not in that mode may want one.
        if latent is None or (latent.is_inference() and not torch.is_inference_mode_enabled()):
            latent = self._encode(torch.from_numpy(picture[None]))[0]
            with self._lock:
                self._known[pixels] = latent
                while len(self._known) > KEPT:
                    del self._known[next(iter(self._known))]
        return latent
