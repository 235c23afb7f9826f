"""Cuts training windows out of episodes."""

from __future__ import annotations

import numpy as np
import torch

from wm_core.training.dataset import Episodes
from wm_core.training.losses import Windows


class WindowSampler:
    """Batches that depend on (seed, step) alone, so that a resumed run sees what it would have seen."""

    def __init__(self, episodes: Episodes, length: int, device: torch.device) -> None:
        """length: T, moments in a window. Raises `ValueError` when episodes are shorter."""
        moments = episodes.images.shape[1]
        if moments < length:
            raise ValueError(f"episodes have {moments} moments, expected at least {length}: history + rollout")
        self._episodes, self._length, self._device = episodes, length, device
        self._starts = moments - length + 1

    def batch(self, size: int, seed: int, step: int) -> Windows:
        """`size` windows, uniformly over episodes and starts."""
        random = np.random.default_rng([seed, step])
        rows = random.integers(0, len(self._episodes), size)[:, None]
        columns = random.integers(0, self._starts, size)[:, None] + np.arange(self._length)
        episodes = self._episodes
        return Windows(
            self._tensor(episodes.images[rows, columns]),
            self._tensor(episodes.joints[rows, columns]),
            self._tensor(episodes.tool[rows, columns]),
            self._tensor(episodes.actions[rows, columns[:, :-1]]),
        )

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)
