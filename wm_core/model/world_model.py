"""The joint-embedding predictive world model: encode, imagine, compare. Nothing is predicted in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig
from wm_core.model.encoder import ConvEncoder
from wm_core.model.heads import ActionMetric, Probe
from wm_core.model.predictor import ResidualPredictor
from wm_core.preprocess import preprocess_image
from wm_core.types import Observation


class JepaWorldModel(nn.Module):
    """Implements `wm_core.protocols.WorldModel`.

    The latent is (K, D): the encodings of the newest K = `history` moments, oldest first. A goal is (D_v,), the visual
    part alone. (JEPA: LeCun, A Path Towards Autonomous Machine Intelligence, 2022, section 4.)
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.config = config
        self.history, self.step, self.action_dim = config.history, config.step, config.action_dim
        self.encoder = ConvEncoder(config)
        self.predictor = ResidualPredictor(config)
        self.metric = ActionMetric(config)
        self.tool_probe = Probe(config.visual_dim, 3)
        self.joint_probe = Probe(config.visual_dim, config.joints)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.metric.map.weight.device

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """`history` observations, oldest first, one model step apart -> (K, D). Raises `ValueError` for another count."""
        if len(observations) != self.history:
            raise ValueError(f"got {len(observations)} observations, expected {self.history}, one model step apart")
        pictures = [preprocess_image(observation.image, self.config.image_size) for observation in observations]
        joints = np.stack([observation.joints.position for observation in observations]).astype(np.float32)
        return self.encoder(self._tensor(np.stack(pictures))[None], self._tensor(joints)[None])[0]

    def encode_goal(self, image: np.ndarray) -> Tensor:
        """image: (H, W, 3) uint8 RGB -> (D_v,)"""
        return self.encoder.visual(self._tensor(preprocess_image(image, self.config.image_size))[None])[0]

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """latent: (B, K, D), action: (B, A) m -> (B, K, D)"""
        return torch.cat([latent[:, 1:], self.predictor(latent, action)[:, None]], dim=1)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (K, D), actions: (S, H, A) m -> (S, H, K, D)"""
        future = latent.expand(len(actions), *latent.shape)
        steps = []
        for action in actions.unbind(1):
            future = self.next(future, action)
            steps.append(future)
        return torch.stack(steps, dim=1)

    def goal_distance(self, latent: Tensor, goal: Tensor) -> Tensor:
        """latent: (..., K, D), goal: (D_v,) -> (...), of the newest moment's visual part alone"""
        visual = latent[..., -1, : self.config.visual_dim]
        distance = torch.zeros((), device=visual.device)
        if self.config.distance in ("metric", "both"):
            distance = distance + torch.linalg.vector_norm(self.metric(visual) - self.metric(goal), dim=-1)
        if self.config.distance in ("latent", "both"):
            # Scaled so that a step of 5 cm costs about as much in either distance.
            distance = distance + 0.1 * (visual - goal).square().mean(-1).sqrt()
        return distance

    def tool_position(self, goal: Tensor) -> np.ndarray:
        """goal: (D_v,) -> (3,) m, the probe's reading"""
        return self.tool_probe(goal).cpu().numpy()

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)
