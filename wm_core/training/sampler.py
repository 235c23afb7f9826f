"""Cuts training windows out of episodes."""

from __future__ import annotations

import numpy as np
import torch

from wm_core.training.dataset import Dataset
from wm_core.training.losses import Windows


class WindowSampler:
    """Batches that depend on (seed, step) alone, so that a resumed run sees what it would have seen."""

    def __init__(self, dataset: Dataset, length: int, device: torch.device, contact_share: float | None = None) -> None:
        """length: T, moments in a window. contact_share: of the windows, drawn among those with touch; by default half.

        Where nothing was touched, all windows are drawn among all. Raises `ValueError` when episodes are shorter.
        """
        moments = dataset.steps + 1
        if moments < length:
            raise ValueError(f"episodes have {moments} moments, expected at least {length}: history + rollout")
        self._dataset, self._length, self._device = dataset, length, device
        self._starts = moments - length + 1
        self._contacts = _windows_with_touch(dataset.touch, length)
        self._share = (0.5 if contact_share is None else contact_share) if len(self._contacts) else 0.0

    def batch(self, size: int, seed: int, step: int) -> Windows:
        """`size` windows: the share with touch first, the rest uniformly over episodes and starts."""
        random = np.random.default_rng([seed, step])
        episodes = random.integers(0, len(self._dataset), size)
        starts = random.integers(0, self._starts, size)
        touched = round(self._share * size)
        if touched:
            chosen = self._contacts[random.integers(0, len(self._contacts), touched)]
            episodes[:touched], starts[:touched] = chosen.T
        return self._windows(episodes, starts)

    def _windows(self, episodes: np.ndarray, starts: np.ndarray) -> Windows:
        data = self._dataset
        rows, moments = episodes[:, None], starts[:, None] + np.arange(self._length)
        actions = moments[:, :-1]
        images = np.stack([data.images(row, start, start + self._length) for row, start in zip(episodes, starts)])
        return Windows(
            images=self._tensor(images),
            joints=self._tensor(data.joints[rows, moments]),
            gripper=self._tensor(data.gripper[rows, moments]),
            tool=self._tensor(data.tool[rows, moments]),
            object=self._tensor(data.object[rows, moments]),
            actions=self._tensor(data.actions[rows, actions]),
            carried=self._tensor(data.carried[rows, actions]),
            touch=self._tensor(data.touch[rows, actions]),
        )

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)


def _windows_with_touch(touch: np.ndarray, length: int) -> np.ndarray:
    """touch: (N, T) -> (M, 2) episode and start of every window of `length` moments with touch in one of its actions."""
    so_far = np.pad((touch > 0.0).cumsum(axis=1), ((0, 0), (1, 0)))
    inside = so_far[:, length - 1 :] - so_far[:, : so_far.shape[1] - length + 1]
    return np.argwhere(inside > 0)
