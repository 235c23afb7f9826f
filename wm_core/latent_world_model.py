"""A world model out of any encoder and predictor."""

from __future__ import annotations

from typing import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.model.inputs import stack_feelings, stack_pictures, stack_views
from wm_core.model.rollout import roll_out
from wm_core.protocols import Encoder, Head, Predictor
from wm_core.types import Focus, Observation


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
        views: int = 1,
        gripper: bool = False,
    ) -> None:
        """image_size: px the encoder was trained on; history: moments the predictor sees; step: s an action spans.

        tool_probe: (D_v) -> (3), None where there is none. views: pictures a moment, stacked along channels.
        gripper: its opening is one more number after the joints.
        """
        self.encoder, self.predictor = encoder, predictor
        self.history, self.step, self.action_dim = history, step, action_dim
        self._image_size, self._device, self._tool_probe = image_size, device, tool_probe
        self._views, self._gripper = views, gripper

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """See `WorldModel`. Raises `ValueError` for another number of observations than `history`."""
        if len(observations) != self.history:
            raise ValueError(f"got {len(observations)} observations, expected {self.history}, one model step apart")
        pictures = stack_pictures(observations, self._views, self._image_size)
        felt = stack_feelings(observations, self._gripper)
        return self.encoder.forward(self._tensor(pictures)[None], self._tensor(felt)[None])[0]

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        """views: (H, W, 3) uint8 RGB each -> (D_v,). Raises `ValueError` for another number of views."""
        return self.encoder.visual(self._tensor(stack_views(views, self._views, self._image_size))[None])[0]

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """latent: (B, K, D), action: (B, A) -> (B, K, D)"""
        return torch.cat([latent[:, 1:], self.predictor.forward(latent, action)[:, None]], dim=1)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (K, D), actions: (S, H, A) -> (S, H, K, D)"""
        return roll_out(self.next, latent, actions)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        """latent: (..., K, D), goal: (D_v,) -> (...). Raises `ValueError` for a focus on the object."""
        if focus is not Focus.SCENE:
            raise ValueError("plain distance cannot tell the object from the rest of a picture")
        return torch.linalg.vector_norm(latent[..., -1, : goal.shape[-1]] - goal, dim=-1)

    def tool_position(self, goal: Tensor) -> np.ndarray:
        """See `WorldModel`; NaN without a probe."""
        if self._tool_probe is None:
            return np.full(3, np.nan)
        return self._tool_probe.forward(goal).detach().cpu().numpy()

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)
