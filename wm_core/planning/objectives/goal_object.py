"""Closeness of the object to a position."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from wm_core.planning.objectives.goal_latent import GoalLatent, running_sum
from wm_core.protocols import Candidates


@runtime_checkable
class ObjectReader(Protocol):
    """A `WorldModel` with a probe for the object."""

    def object_position(self, latent: Tensor) -> Tensor:
        """latent: (..., *latent) -> (..., 3) m, the centre of the object as the probe reads it."""


class GoalObject:
    """Running sum of the distance (m) that the object has left, as a probe reads it; the last step counts more.

    The probe was fitted with labels: figures reached with this cost are reported apart from those of goal images.
    """

    name = "goal_object"
    needs_latents = True

    def __init__(self, weight: float, reader: ObjectReader, position: Tensor) -> None:
        """position: (3,) m."""
        self.weight = weight
        self._reader = reader
        self._position = position
        self.told = (position,)

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,) m. Raises `ValueError` without latents."""
        if candidates.latents is None:
            raise ValueError("the goal_object objective needs imagined latents, and there are none")
        distance = (self._reader.object_position(candidates.latents) - self._position).norm(dim=-1)  # (S, H)
        return running_sum(distance, GoalLatent.final_weight)
