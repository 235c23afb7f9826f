"""Closeness of the joints to a posture."""

from __future__ import annotations

from torch import Tensor

from wm_core.protocols import Candidates


class GoalJoints:
    """Running sum of the Euclidean distance in joint space (rad)."""

    name = "goal_joints"
    needs_latents = False

    def __init__(self, weight: float, joints: Tensor) -> None:
        """joints: (J,) rad."""
        self.weight = weight
        self._joints = joints

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,) rad."""
        return (candidates.joint_path - self._joints).norm(dim=-1).sum(-1)
