"""Closeness to a goal image, in the world model's own terms."""

from __future__ import annotations

from torch import Tensor

from wm_core.protocols import Candidates, LinearDistance, WorldModel
from wm_core.types import Focus


class GoalLatent:
    """Running sum of the latent distance to the goal; the last step counts more, so that arriving beats passing by.

    An object that is near enough costs nothing: it is left alone, instead of being pushed about by as much as a push is uncertain.
    """

    name = "goal_latent"
    needs_latents = True
    final_weight = 2.0

    def __init__(
        self, weight: float, world_model: WorldModel, goal: Tensor, focus: Focus = Focus.SCENE, near_enough: float = 0.0
    ) -> None:
        """goal: (*goal), from `WorldModel.encode_goal`: it stems from pictures and nothing else. focus: what they are about.

        near_enough: m, for goals about the object alone.
        """
        self.weight = weight
        self._world_model = world_model
        self._goal = goal
        self.told = (goal,)
        self._focus = focus
        self.near_enough = near_enough if focus is Focus.OBJECT else 0.0

    @property
    def linear(self) -> LinearDistance | None:
        """What the distance is, where it is no more than lengths in a linear map."""
        read = getattr(self._world_model, "linear_distance", None)
        return None if read is None else read(self._focus)

    def exact(self) -> GoalLatent:
        """The same goal, and nothing is near enough: for comparing, where nothing is set in motion by a millimetre."""
        return GoalLatent(self.weight, self._world_model, self._goal, self._focus)

    def cost(self, candidates: Candidates) -> Tensor:
        """-> (S,). Raises `ValueError` without latents."""
        if candidates.latents is None:
            raise ValueError("the goal_latent objective needs imagined latents, and there are none")
        return self.cost_of(candidates.latents)

    def cost_of(self, latents: Tensor) -> Tensor:
        """latents: (S, H, *latent) -> (S,)"""
        return running_sum(self.distance(latents), self.final_weight)

    def distance(self, latents: Tensor) -> Tensor:
        """latents: (..., *latent) -> (...), 0 for what is near enough"""
        distance = self._world_model.goal_distance(latents, self._goal, self._focus)
        return (distance - self.near_enough).clamp(min=0.0)


def running_sum(values: Tensor, final_weight: float) -> Tensor:
    """(S, H) -> (S,), the last step weighing `final_weight`, the others 1."""
    return values.sum(1).add(values[:, -1], alpha=final_weight - 1.0)
