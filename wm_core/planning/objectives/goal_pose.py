"""Closeness of the tool to a pose."""

from __future__ import annotations

from torch import Tensor

from wm_core.planning.rotation import rotation_distance
from wm_core.protocols import Candidates


class GoalPose:
    """Running sum of the tool's distance (m); where the goal has an orientation, plus the angle to it times a lever."""

    name = "goal_pose"
    needs_latents = False
    lever = 0.1  # m: what one radian is worth

    def __init__(self, weight: float, position: Tensor, rotation: Tensor | None = None) -> None:
        """position: (3,) m. rotation: (3, 3), None where orientation is free."""
        self.weight = weight
        self._position = position
        self._rotation = rotation
        self.told = (position,) if rotation is None else (position, rotation)

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,) m."""
        distance = (candidates.tool_position - self._position).norm(dim=-1)
        if self._rotation is not None:
            distance = distance + self.lever * rotation_distance(candidates.tool_rotation, self._rotation)
        return distance.sum(-1)
