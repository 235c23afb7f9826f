"""Where the object was, told by the hand alone: wherever it held the object, it knew its own place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.training.dataset import Dataset
from wm_core.training.latent_cache import hold_command

_FIRM = 0.5  # of the time of a step with touch, from which on the fingers may be holding
_STILL = 1e-3  # m that the fingers may close in a step and still be holding
_APART = 0.01  # m between fingers that were told to close: something is in between


@dataclass(frozen=True, eq=False)
class HeldPlaces:
    """place: (N, T + 1, 3) m, the tool's while it held the object, and from there on as far as was felt, either way in time.

    certainty: (N, T + 1), 1 while held, less with every touch in between, 0 in episodes in which nothing was held.
    All places are off by the same few mm: where in the hand an object lies is not felt.
    """

    place: np.ndarray
    certainty: np.ndarray


def held_places(dataset: Dataset) -> HeldPlaces:
    """From joints, fingers and touch; the object's true place is not looked at."""
    held = _held(dataset)
    moved, touches = summed(dataset.carried), summed(dataset.touch > 0.0)
    place, certainty = np.zeros_like(moved), np.zeros_like(touches)
    moments = np.arange(held.shape[1])
    for episode in np.flatnonzero(held.any(axis=1)):
        known = np.flatnonzero(held[episode])
        between = np.abs(touches[episode][:, None] - touches[episode][known])
        # Of those with as few touches in between the nearest in time.
        nearest = (between + 1e-3 * np.abs(moments[:, None] - known)).argmin(axis=1)
        source = known[nearest]
        place[episode] = dataset.tool[episode, source] + moved[episode] - moved[episode, source]
        # Measured on 1000 episodes: 0.8 cm (root mean square) while held, 1.1 after 2 touches, 2.7 after 6, 3.8 after 10.
        certainty[episode] = 1.0 / (1.0 + between[moments, nearest])
    return HeldPlaces(place.astype(np.float32), certainty.astype(np.float32))


def _held(dataset: Dataset) -> np.ndarray:
    """(N, T + 1): fingers that were told to close, do not move, and are not closed"""
    held = np.zeros(dataset.gripper.shape, dtype=bool)
    if not dataset.manifest.gripper:
        return held
    told = hold_command(dataset.actions[..., -1])
    still = np.abs(np.diff(dataset.gripper, axis=1)) < _STILL
    held[:, 1:] = (told < 0.0) & still & (dataset.gripper[:, 1:] > _APART) & (dataset.touch > _FIRM)
    return held


def summed(steps: np.ndarray) -> np.ndarray:
    """(N, T, ...), one value an action -> (N, T + 1, ...), their sum until each moment."""
    total = steps.cumsum(axis=1, dtype=np.float64)
    return np.concatenate([np.zeros_like(total[:, :1]), total], axis=1)
