"""Fast joints cost."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.protocols import Candidates


class Effort:
    """Running sum of squared joint velocity, each as a share of its limit: 1 is every joint at its limit for a step."""

    name = "effort"
    needs_latents = False

    def __init__(self, weight: float, largest: Tensor) -> None:
        """largest: (J,) rad, the change in one step at the velocity limit."""
        self.weight = weight
        self._largest = largest
        self.numbers = largest  # for the kernel

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,)"""
        share = joint_changes(candidates) / self._largest
        return share.square().mean(-1).sum(-1)


def joint_changes(candidates: Candidates) -> Tensor:
    """-> (S, H, J) rad, the first from `start_joints`."""
    path = candidates.joint_path
    return torch.diff(path, dim=1, prepend=candidates.start_joints.expand(len(path), 1, -1))
