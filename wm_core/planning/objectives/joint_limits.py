"""Nearness to the joint limits costs."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.protocols import Candidates


class JointLimits:
    """Zero in the inner part of each joint's range, growing with the square to 1 at the limit; running sum."""

    name = "joint_limits"
    needs_latents = False
    inner = 0.9  # share of the half range that costs nothing

    def __init__(self, weight: float, lower: Tensor, upper: Tensor) -> None:
        """lower, upper: (J,) rad."""
        self.weight = weight
        self._middle = (lower + upper) / 2
        self._half = (upper - lower) / 2
        self.numbers = torch.cat([self._middle, self._half])  # for the kernel

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,)"""
        share = (candidates.joint_path - self._middle).abs() / self._half
        return ((share - self.inner) / (1.0 - self.inner)).clamp(min=0.0).square().sum((-1, -2))
