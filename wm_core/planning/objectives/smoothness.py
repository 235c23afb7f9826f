"""Changes of velocity cost."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.planning.objectives.effort import joint_changes
from wm_core.protocols import Candidates


class Smoothness:
    """Running sum of squared change of joint velocity between steps, as a share of the limit."""

    name = "smoothness"
    needs_latents = False

    def __init__(self, weight: float, largest: Tensor) -> None:
        """largest: (J,) rad, the change in one step at the velocity limit."""
        self.weight = weight
        self._largest = largest
        self.numbers = largest  # for the kernel

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,); zero for a horizon of one."""
        share = torch.diff(joint_changes(candidates), dim=1) / self._largest
        return share.square().mean(-1).sum(-1)
