"""What an action changes, in latent space."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig


class ActionScale(nn.Module):
    """Brings actions to about -1..1. A model that is not conditioned on actions sees none of them."""

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.longest, self.motion = config.max_step, config.motion_dim
        self.blind = not config.action_conditioned

    def forward(self, action: Tensor) -> Tensor:
        """action: (B, A): m, then the gripper's command where there is one -> (B, A)"""
        if self.blind:
            return torch.zeros_like(action)
        return torch.cat([action[..., : self.motion] / self.longest, action[..., self.motion :]], dim=-1)


class ResidualPredictor(nn.Module):
    """Implements `wm_core.protocols.Predictor`: an MLP that predicts the change of the newest latent."""

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        latent = config.visual_dim + config.joint_dim
        self.scale = ActionScale(config)
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
        change = self.layers(torch.cat([history.flatten(1), self.scale(action)], dim=-1))
        return history[:, -1] + change


class GridPredictor(nn.Module):
    """Implements `wm_core.protocols.Predictor` for grid latents: convolutions, the action and the joints everywhere.

    hidden: of the layers that predict what the arm feels; the convolutions are a quarter as wide.
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.scale = ActionScale(config)
        self.visual_dim, self.cells = config.visual_dim, config.grid
        self.channels = config.visual_dim // config.grid**2
        wide = max(16, config.hidden // 4)
        felt = config.history * config.joint_dim + config.action_dim
        self.enter = nn.Conv2d(config.history * self.channels, wide, 3, padding=1)
        self.steer = nn.Linear(felt, wide)
        self.blocks = nn.ModuleList(_block(wide, config.dropout) for _ in range(2))
        self.leave = nn.Conv2d(wide, self.channels, 3, padding=1)
        self.feel = nn.Sequential(
            nn.Linear(felt + wide, config.hidden), nn.SiLU(), nn.Linear(config.hidden, config.joint_dim)
        )

    def forward(self, history: Tensor, action: Tensor) -> Tensor:
        """history: (B, K, D) oldest first, action: (B, A) m -> (B, D), one model step later"""
        grid = history[..., : self.visual_dim].reshape(len(history), -1, self.cells, self.cells)
        felt = torch.cat([history[..., self.visual_dim :].flatten(1), self.scale(action)], dim=-1)
        features = self.enter(grid) + self.steer(felt)[..., None, None]
        for block in self.blocks:
            features = features + block(features)
        touched = self.feel(torch.cat([felt, features.mean((2, 3))], dim=-1))
        return history[:, -1] + torch.cat([self.leave(features).flatten(1), touched], dim=-1)


def make_predictor(config: WorldModelConfig) -> nn.Module:
    """The predictor that the configuration names."""
    return {"mlp": ResidualPredictor, "conv": GridPredictor}[config.predictor](config)


def _block(width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.GroupNorm(4, width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1), nn.Dropout2d(dropout)
    )
