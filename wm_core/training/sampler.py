"""Cuts training windows out of episodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from wm_core.training.dataset import Dataset
from wm_core.training.held_places import held_places
from wm_core.training.windows import Windows


class WindowSampler:
    """Batches that depend on (seed, step) alone, so that a resumed run sees what it would have seen."""

    def __init__(
        self,
        dataset: Dataset,
        length: int,
        device: torch.device,
        contact_share: float | None = None,
        twins: bool = False,
    ) -> None:
        """length: T, moments in a window. contact_share: of the windows, drawn among those with touch; by default half.

        twins: windows 2i and 2i + 1 of a batch are of one episode, the second anywhere in it. Where nothing was touched, all windows are drawn among all. Raises `ValueError` when episodes are shorter.
        """
        moments = dataset.steps + 1
        if moments < length:
            raise ValueError(f"episodes have {moments} moments, expected at least {length}: history + rollout")
        self._dataset, self._length, self._device = dataset, length, device
        self._starts = moments - length + 1
        self._contacts = _windows_with_touch(dataset.touch, length)
        self._twins = twins
        self._places = held_places(dataset)
        self._share = (0.5 if contact_share is None else contact_share) if len(self._contacts) else 0.0

    def batch(self, size: int, seed: int, step: int) -> Windows:
        """`size` windows: the share with touch first, the rest uniformly over episodes and starts."""
        return self._moved(self._draw(size, seed, step))

    def batches(self, size: int, seed: int, steps: Sequence[int], readers: int) -> Iterator[Windows]:
        """`batch` of every step in turn, read ahead by as many processes; 0 reads in this one, when asked for."""
        pinned = self._device.type == "cuda"
        drawn = _Batches(self, size, seed)
        # batch_size=None: an item is a batch already.
        loader = DataLoader(drawn, batch_size=None, sampler=steps, num_workers=readers, pin_memory=pinned)
        return (self._moved(values) for values in loader)

    def _draw(self, size: int, seed: int, step: int) -> dict[str, Tensor]:
        random = np.random.default_rng([seed, step])
        episodes = random.integers(0, len(self._dataset), size)
        starts = random.integers(0, self._starts, size)
        touched = round(self._share * size)
        if touched:
            chosen = self._contacts[random.integers(0, len(self._contacts), touched)]
            episodes[:touched], starts[:touched] = chosen.T
        if self._twins:
            episodes[1::2] = episodes[0::2][: len(episodes[1::2])]
            starts[1::2] = random.integers(0, self._starts, len(starts[1::2]))
        return self._cut(episodes, starts)

    def _cut(self, episodes: np.ndarray, starts: np.ndarray) -> dict[str, Tensor]:
        data = self._dataset
        moments = starts[:, None] + np.arange(self._length)
        at_moments, at_actions = (episodes[:, None], moments), (episodes[:, None], moments[:, :-1])
        arrays = {
            "images": np.stack([data.images(row, start, start + self._length) for row, start in zip(episodes, starts)]),
            "joints": data.joints[at_moments],
            "gripper": data.gripper[at_moments],
            "tool": data.tool[at_moments],
            "object": data.object[at_moments],
            "actions": data.actions[at_actions],
            "carried": data.carried[at_actions],
            "touch": data.touch[at_actions],
            "carried_before": _sum_before(data.carried, episodes, starts),
            "touched_before": _sum_before(data.touch > 0.0, episodes, starts),
            "place": self._places.place[at_moments],
            "certainty": self._places.certainty[at_moments],
        }
        return {name: torch.from_numpy(values) for name, values in arrays.items()}

    def _moved(self, values: dict[str, Tensor]) -> Windows:
        return Windows(**{field.name: values[field.name].to(self._device, non_blocking=True) for field in fields(Windows)})


def default_readers(device: torch.device) -> int:
    """How many processes keep up with a device: a CPU that trains has none to spare."""
    return 4 if device.type == "cuda" else 0


class _Batches:
    """What reader processes index by step."""

    def __init__(self, sampler: WindowSampler, size: int, seed: int) -> None:
        self._sampler, self._size, self._seed = sampler, size, seed

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        return self._sampler._draw(self._size, self._seed, step)


def _windows_with_touch(touch: np.ndarray, length: int) -> np.ndarray:
    """touch: (N, T) -> (M, 2) episode and start of every window of `length` moments with touch in one of its actions."""
    so_far = np.pad((touch > 0.0).cumsum(axis=1), ((0, 0), (1, 0)))
    inside = so_far[:, length - 1 :] - so_far[:, : so_far.shape[1] - length + 1]
    return np.argwhere(inside > 0)


def _sum_before(steps: np.ndarray, episodes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """steps: (N, T, ...) -> (B, ...), summed up to each window's first moment"""
    return np.stack([steps[row, :start].sum(0) for row, start in zip(episodes, starts)]).astype(np.float32)
