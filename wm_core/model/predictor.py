"""What an action changes, in latent space."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig


class ResidualPredictor(nn.Module):
    """Implements `wm_core.protocols.Predictor`: an MLP that predicts the change of the newest latent."""

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        latent = config.visual_dim + config.joint_dim
        self.scale = config.max_step
        self.layers = nn.Sequential(
            nn.Linear(config.history * latent + config.action_dim, config.hidden),
            nn.LayerNorm(config.hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.hidden),
            nn.LayerNorm(config.hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, latent),
        )

    def forward(self, history: Tensor, action: Tensor) -> Tensor:
        """history: (B, K, D) oldest first, action: (B, A) m -> (B, D), one model step later"""
        change = self.layers(torch.cat([history.flatten(1), action / self.scale], dim=-1))
        return history[:, -1] + change
