"""Control: a goal picture is turned into a position, and the arm goes straight there. No future is imagined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wm_core.baselines.mover import Mover
from wm_core.config import WorldModelConfig
from wm_core.evaluation.policy import Policy
from wm_core.model.encoder import ConvEncoder
from wm_core.model.heads import Probe
from wm_core.model.inputs import stack_views
from wm_core.types import Command, Goal, Observation


class ToolRegressor(nn.Module):
    """The world model's encoder and the shape of its probe, trained end to end on where the tool is (supervised)."""

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ConvEncoder(config)
        self.head = Probe(config.visual_dim, 3)

    def forward(self, images: Tensor) -> Tensor:
        """images: (B, 3V, h, w) -> (B, 3) m"""
        # Not through the probe's own forward, which keeps gradients from the encoder.
        return self.head.mean + self.head.std * self.head.layers(self.encoder.visual(images))

    def read(self, views: Sequence[np.ndarray]) -> np.ndarray:
        """views: (H, W, 3) uint8 RGB each, of which it takes its own first ones -> (3,) m. Raises `ValueError` for fewer."""
        stacked = stack_views(views, self.config.views, self.config.image_size)
        return self(torch.from_numpy(stacked).to(self.head.mean.device)[None])[0].cpu().numpy().astype(float)


class RegressorPolicy(Policy):
    """Straight to where the regressor sees the tool in the goal picture, by inverse kinematics; for reach alone."""

    name = "regressor"

    def __init__(self, regressor: ToolRegressor, mover: Mover) -> None:
        self._regressor, self._mover = regressor, mover

    def start(self, seed: int) -> None:
        """Nothing is remembered."""

    @torch.inference_mode()
    def pursue(self, goal: Goal) -> None:
        """Raises `ValueError` for a goal without a picture."""
        if goal.image is None:
            raise ValueError(f"policy '{self.name}' needs a goal told as image, not as {goal.kind}")
        self._target = self._regressor.read((goal.image, *goal.other_views))

    def act(self, observation: Observation) -> Command:
        """The gripper stays as it is."""
        joints = observation.joints.position
        return Command(self._mover.step(joints, self._target - self._mover.tool(joints)))
