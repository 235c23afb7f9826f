"""Goals out of what happened: any later frame of an episode is one that its actions reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wm_core.config import PriorConfig, WorldModelConfig
from wm_core.training.latent_cache import LatentCache

MOVED = 0.02  # m that the object was carried between now and the goal, for a goal about it
OBJECT_SHARE = 0.5  # of those goals, the share that tells where the object shall be and nothing else


@dataclass(frozen=True)
class HindsightBatch:
    """now: (B, K, D), goal: (B, D_v), object_only: (B,) of 0 and 1; actions: (B, H, A) normalised, still after the goal."""

    now: Tensor
    goal: Tensor
    object_only: Tensor
    actions: Tensor


class HindsightSampler:
    """Batches that depend on (seed, step) alone. Half of the goals have the object elsewhere than now, if any have."""

    def __init__(self, cache: LatentCache, model: WorldModelConfig, config: PriorConfig, device: torch.device) -> None:
        episodes, self._steps = cache.actions.shape[:2]
        self._cache, self._model, self._config, self._device = cache, model, config, device
        self._episodes = episodes
        self._moving = _moving(cache.carried, min(config.goal_steps, self._steps)) if model.objects else np.empty((0, 3), dtype=int)

    def batch(self, size: int, seed: int, step: int) -> HindsightBatch:
        """`size` pairs of now and goal."""
        random = np.random.default_rng([seed, step])
        episode = random.integers(0, self._episodes, size)
        now = random.integers(0, self._steps, size)
        ahead = 1 + (random.random(size) * np.minimum(self._config.goal_steps, self._steps - now)).astype(int)
        chosen = np.zeros(size, dtype=bool)
        if len(self._moving):
            chosen[: size // 2] = True
            episode[chosen], now[chosen], ahead[chosen] = self._moving[random.integers(0, len(self._moving), size // 2)].T
        object_only = chosen & (random.random(size) < OBJECT_SHARE)
        # An episode begins at rest: before its first frame everything was as in it.
        past = np.maximum(now[:, None] + np.arange(1 - self._model.history, 1), 0)
        latents = self._cache.latents
        return HindsightBatch(
            latents[episode[:, None], past].float().to(self._device),
            latents[episode, now + ahead, : self._model.visual_dim].float().to(self._device),
            torch.from_numpy(object_only).float().to(self._device),
            torch.from_numpy(self._actions(episode, now, ahead)).to(self._device),
        )

    def _actions(self, episode: np.ndarray, now: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """-> (B, H, A): what was done until the goal; from there on the tool stands still and the gripper stays as told."""
        steps = np.arange(self._config.horizon)
        over = steps >= ahead[:, None]
        actions = self._cache.actions[episode[:, None], now[:, None] + np.minimum(steps, ahead[:, None] - 1)]
        actions[over, : self._model.motion_dim] = 0.0
        return actions


def _moving(carried: np.ndarray, furthest: int) -> np.ndarray:
    """carried: (N, T, 3) m -> (M, 3): episode, moment and how far ahead, wherever the object is elsewhere by then."""
    travelled = np.pad(carried.cumsum(1, dtype=np.float64), ((0, 0), (1, 0), (0, 0)))
    found = []
    for ahead in range(1, furthest + 1):
        moved = np.linalg.norm(travelled[:, ahead:] - travelled[:, :-ahead], axis=-1) > MOVED
        episode, now = np.nonzero(moved)
        found.append(np.stack([episode, now, np.full_like(now, ahead)], axis=-1))
    return np.concatenate(found)
