"""Commands to the gripper cost."""

from __future__ import annotations

from torch import Tensor

from wm_core.protocols import Candidates


class GripperEffort:
    """How many steps command the gripper. Without it a plan that gains nothing by the gripper would still toy with it."""

    name = "gripper"
    needs_latents = False

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,). Raises `ValueError` for candidates without a gripper."""
        if candidates.gripper is None:
            raise ValueError("the gripper objective needs candidates with a gripper")
        return candidates.gripper.abs().sum(-1)
