"""Small readers of the visual latent: the action metric, which shapes it, and probes, which do not."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig
from wm_core.model.pooling import KeypointPooling
from wm_core.protocols import LinearDistance
from wm_core.types import Focus


class ActionMetric(nn.Module):
    """A linear map of the visual latent to a space in which motions are straight lines, in m.

    Trained as linear inverse dynamics over several steps: map(z[t + k]) - map(z[t]) = the motion felt between the two
    moments. Its parts are the tool's motion, then the gripper's opening and the object's motion where the model has
    them; what the object did is felt too, by the hand that moved it. Distance here is the motion that leads from one
    picture to the other. A grid latent is pooled before the map, because "where" is not linear in it.
    (Inverse dynamics against slow features: EB-JEPA, arXiv 2602.03604; straightened latents: WORLD_MODEL notes.)
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.weights = config.metric_weights
        ends = [config.motion_dim, config.motion_dim + config.gripper, config.motion_dim + config.gripper + 3 * config.objects]
        self.tool, self.gripper, self.object = slice(0, ends[0]), slice(ends[0], ends[1]), slice(ends[1], ends[2])
        self.pooling = KeypointPooling(config) if config.latent == "grid" else nn.Identity()
        inputs = self.pooling.outputs if isinstance(self.pooling, KeypointPooling) else config.visual_dim
        self.map = nn.Linear(inputs, ends[2], bias=False)
        # A fresh map would read half a metre out of noise, ten steps, and training fold the latent just to quieten it.
        # Begun at about one step, 50 small batches of object data left 5.9 cm of error instead of 9.3, and rank 5 instead of 2.
        self.map.weight.data.mul_(0.1)

    def forward(self, visual: Tensor) -> Tensor:
        """(..., D) -> (..., P) m, up to a constant"""
        return self.map(self.pooling(visual))

    def distance(self, visual: Tensor, goal: Tensor, focus: Focus) -> Tensor:
        """visual: (..., D), goal: (D,) -> (...) m, weighted. Raises `ValueError` without an object to focus on."""
        way = self(visual) - self(goal)
        if focus is Focus.OBJECT:
            if self.object.start == self.object.stop:
                raise ValueError("the goal is about the object, and this model was not trained with objects")
            return self.weights.object * _length(way[..., self.object])
        total = self.weights.tool * _length(way[..., self.tool])
        for part, weight in ((self.gripper, self.weights.gripper), (self.object, self.weights.object)):
            if part.start < part.stop:
                total = total + weight * _length(way[..., part])
        return total

    def linear_distance(self, focus: Focus) -> LinearDistance:
        """`distance` of latents that are vectors. Raises `ValueError` as that does."""
        weight = self.map.weight.detach()
        if focus is Focus.OBJECT:
            if self.object.start == self.object.stop:
                raise ValueError("the goal is about the object, and this model was not trained with objects")
            return LinearDistance(weight[self.object].contiguous(), ((3, self.weights.object),))
        parts = ((self.tool, self.weights.tool), (self.gripper, self.weights.gripper), (self.object, self.weights.object))
        return LinearDistance(weight.contiguous(), tuple((part.stop, share) for part, share in parts))


class Probe(nn.Module):
    """Implements `wm_core.protocols.Head`: reads a quantity from latents that it does not shape.

    Fitted on frozen latents after the world model is trained (`wm_core.training.probes`).
    """

    def __init__(self, visual_dim: int, out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(visual_dim, 256), nn.SiLU(), nn.Linear(256, out))
        self.register_buffer("mean", torch.zeros(out))
        self.register_buffer("std", torch.ones(out))

    def forward(self, latent: Tensor) -> Tensor:
        """(..., D) -> (..., out)"""
        return self.mean + self.std * self.layers(latent.detach())


def _length(vectors: Tensor) -> Tensor:
    return torch.linalg.vector_norm(vectors, dim=-1)
