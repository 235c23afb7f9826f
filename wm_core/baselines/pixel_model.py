"""The world model's rival: the same encoder and predictor, but it predicts pictures and compares pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wm_core.config import WorldModelConfig
from wm_core.model.encoder import ConvEncoder
from wm_core.model.inputs import stack_feelings, stack_pictures, stack_views
from wm_core.model.predictor import make_predictor
from wm_core.model.rollout import roll_out
from wm_core.types import Focus, Observation

PIXELS = 32  # px, side of what is decoded and compared


class PixelWorldModel(nn.Module):
    """Implements `wm_core.protocols.WorldModel`: latent (K, D) as in `JepaWorldModel`, goal (3V, 32, 32) in 0..1.

    A future is as far from the goal as their pictures differ, root mean square, all pixels alike: a picture does not
    say which of them a goal is about, so focus makes no difference.
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.config = config
        self.history, self.step, self.action_dim = config.history, config.step, config.action_dim
        self.encoder = ConvEncoder(config)
        self.predictor = make_predictor(config)
        self.decoder = _decoder(config.visual_dim, 3 * config.views)

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """See `WorldModel`. Raises `ValueError` where a view or the gripper is missing."""
        pictures = stack_pictures(observations, self.config.views, self.config.image_size)
        felt = stack_feelings(observations, self.config.gripper)
        return self.encoder(self._tensor(pictures)[None], self._tensor(felt)[None])[0]

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        """views: (H, W, 3) uint8 RGB each -> (3V, 32, 32). Raises `ValueError` for another number of views."""
        return shrink(self._tensor(stack_views(views, self.config.views, self.config.image_size)))

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """latent: (B, K, D), action: (B, A) -> (B, K, D)"""
        return torch.cat([latent[:, 1:], self.predictor(latent, action)[:, None]], dim=1)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (K, D), actions: (S, H, A) -> (S, H, K, D)"""
        return roll_out(self.next, latent, actions)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        """latent: (..., K, D), goal: (3V, 32, 32) -> (...), in shares of full brightness"""
        return (self.decode(latent[..., -1, :]) - goal).square().mean((-3, -2, -1)).sqrt()

    def tool_position(self, goal: Tensor) -> np.ndarray:
        """NaN: it has no probe."""
        return np.full(3, np.nan)

    def decode(self, latent: Tensor) -> Tensor:
        """latent: (..., D) -> (..., 3V, 32, 32) in about 0..1"""
        pixels = self.decoder(latent[..., : self.config.visual_dim].reshape(-1, self.config.visual_dim))
        return pixels.reshape(*latent.shape[:-1], *pixels.shape[1:])

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.decoder[0].weight.device)


def shrink(images: Tensor) -> Tensor:
    """images: (..., C, h, w) in 0..255 -> (..., C, 32, 32) in 0..1, by areas"""
    flat = images.float().reshape(-1, *images.shape[-3:]) / 255.0
    return functional.adaptive_avg_pool2d(flat, PIXELS).reshape(*images.shape[:-2], PIXELS, PIXELS)


def _decoder(latent: int, channels: int) -> nn.Sequential:
    """Four pixels to 32 in three doublings; narrow, as every step of every imagined future goes through it."""
    layers: list[nn.Module] = [nn.Linear(latent, 64 * 16), nn.Unflatten(1, (64, 4, 4)), nn.SiLU()]
    for before, after in ((64, 32), (32, 16)):
        layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.SiLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(16, channels, 4, stride=2, padding=1))
