"""Leaving the workspace box costs."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.protocols import Candidates


class Workspace:
    """Running sum of how far (m) the tool is outside the box. Joint motion needs it, or the guard refuses the path."""

    name = "workspace"
    needs_latents = False

    def __init__(self, weight: float, lower: Tensor, upper: Tensor) -> None:
        """lower, upper: (3,) m."""
        self.weight = weight
        self._lower = lower
        self._upper = upper
        self.numbers = torch.cat([lower, upper])  # for the kernel

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,) m."""
        position = candidates.tool_position
        outside = (self._lower - position).clamp(min=0.0) + (position - self._upper).clamp(min=0.0)
        return outside.norm(dim=-1).sum(-1)
