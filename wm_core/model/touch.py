"""Whether an action will touch the object, and what follows from it: what nobody touches stays where it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig
from wm_core.model.predictor import ActionScale


class TouchHead(nn.Module):
    """Foresees the touch that the arm will feel during an action. Trained on felt touch alone."""

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        width = config.history * (config.visual_dim + config.joint_dim) + config.action_dim
        self.scale = ActionScale(config)
        self.layers = nn.Sequential(
            nn.Linear(width, 256), nn.LayerNorm(256), nn.SiLU(), nn.Linear(256, 64), nn.SiLU(), nn.Linear(64, 1)
        )

    def forward(self, history: Tensor, action: Tensor) -> Tensor:
        """history: (B, K, D) oldest first, action: (B, A) -> (B,), the logit of being touched"""
        return self.layers(torch.cat([history.flatten(1), self.scale(action)], dim=-1))[:, 0]


def hold_untouched(before: Tensor, after: Tensor, touch: Tensor, object_map: Tensor, back: Tensor) -> Tensor:
    """Takes out of a predicted change what would move an object that is not touched.

    before, after: (B, D_v) visual latents; touch: (B,) 0 to 1; object_map: (3, D_v), the metric's; back: of
    `way_back`. The change is projected off the three directions that the object's position is read from, as far as
    there is no touch: without it, small errors of the prediction add up to motion that no hand caused, and a planner finds them.
    """
    moved = (after - before) @ object_map.T
    return after - (1.0 - touch)[:, None] * (moved @ back)


def way_back(motion_map: Tensor) -> Tensor:
    """(P, D_v) -> (P, D_v), its pseudo-inverse, transposed: from a motion to the least change of latents that shows it."""
    square = motion_map @ motion_map.T
    # Damped by a millionth: an object that never left the table has an axis that nothing is read from.
    damping = 1e-6 * square.diagonal().mean() * torch.eye(len(square), device=square.device)
    return torch.linalg.solve(square + damping, motion_map)
