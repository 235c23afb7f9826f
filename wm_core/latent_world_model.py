"""A world model out of any encoder and predictor."""

from __future__ import annotations

from typing import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.preprocess import preprocess_image
from wm_core.protocols import Encoder, Head, Predictor
from wm_core.types import Observation


class LatentWorldModel:
    """Implements `WorldModel` for those who bring their own parts. The latent is (K, D), oldest moment first.

    Futures are compared by plain distance of the visual part of the latent, which comes first in it. A model with
    a metric of its own (`wm_core.model.JepaWorldModel`) plans better; this one shows whether an encoder needs it.
    """

    def __init__(
        self,
        encoder: Encoder,
        predictor: Predictor,
        image_size: int = 64,
        history: int = 2,
        step: float = 0.2,
        action_dim: int = 3,
        tool_probe: Head | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """image_size: px the encoder was trained on; history: moments the predictor sees; step: s an action spans.

        tool_probe: (D_v) -> (3), None where there is none.
        """
        self.encoder, self.predictor = encoder, predictor
        self.history, self.step, self.action_dim = history, step, action_dim
        self._image_size, self._device, self._tool_probe = image_size, device, tool_probe

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """See `WorldModel`. Raises `ValueError` for another number of observations than `history`."""
        if len(observations) != self.history:
            raise ValueError(f"got {len(observations)} observations, expected {self.history}, one model step apart")
        images = np.stack([preprocess_image(observation.image, self._image_size) for observation in observations])
        joints = np.stack([observation.joints.position for observation in observations]).astype(np.float32)
        return self.encoder.forward(self._tensor(images)[None], self._tensor(joints)[None])[0]

    def encode_goal(self, image: np.ndarray) -> Tensor:
        """image: (H, W, 3) uint8 RGB -> (D_v,)"""
        return self.encoder.visual(self._tensor(preprocess_image(image, self._image_size))[None])[0]

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """latent: (B, K, D), action: (B, A) -> (B, K, D)"""
        return torch.cat([latent[:, 1:], self.predictor.forward(latent, action)[:, None]], dim=1)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (K, D), actions: (S, H, A) -> (S, H, K, D)"""
        future, steps = latent.expand(len(actions), *latent.shape), []
        for action in actions.unbind(1):
            future = self.next(future, action)
            steps.append(future)
        return torch.stack(steps, dim=1)

    def goal_distance(self, latent: Tensor, goal: Tensor) -> Tensor:
        """latent: (..., K, D), goal: (D_v,) -> (...)"""
        return torch.linalg.vector_norm(latent[..., -1, : goal.shape[-1]] - goal, dim=-1)

    def tool_position(self, goal: Tensor) -> np.ndarray:
        """See `WorldModel`; NaN without a probe."""
        if self._tool_probe is None:
            return np.full(3, np.nan)
        return self._tool_probe.forward(goal).detach().cpu().numpy()

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)
