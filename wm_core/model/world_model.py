"""The joint-embedding predictive world model: encode, imagine, compare. Nothing is predicted in pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig
from wm_core.model.encoder import ConvEncoder
from wm_core.model.ensemble import ensemble_spread
from wm_core.model.heads import ActionMetric, Probe
from wm_core.model.inputs import stack_feelings, stack_pictures, stack_views
from wm_core.model.predictor import make_predictor
from wm_core.model.rollout import roll_out
from wm_core.model.touch import TouchHead, hold_untouched, way_back
from wm_core.protocols import LinearDistance
from wm_core.types import Focus, Observation


class JepaWorldModel(nn.Module):
    """Implements `wm_core.protocols.WorldModel`.

    The latent is (K, D): the encodings of the newest K = `history` moments, oldest first. A goal is (D_v,), the visual
    part alone. (JEPA: LeCun, A Path Towards Autonomous Machine Intelligence, 2022, section 4.)
    """

    def __init__(self, config: WorldModelConfig) -> None:
        super().__init__()
        self.config = config
        self.history, self.step, self.action_dim, self.ensemble = config.history, config.step, config.action_dim, config.ensemble
        self.encoder = ConvEncoder(config)
        self.predictor = make_predictor(config)
        self.metric = ActionMetric(config)
        self.tool_probe = Probe(config.visual_dim, 3)
        self.joint_probe = Probe(config.visual_dim, config.joints)
        self.object_probe = Probe(config.visual_dim, 3) if config.objects else None
        self.touch_head = TouchHead(config) if config.touch else None
        # Last, so that a model of one predictor starts from the same random weights as ever.
        self.other_predictors = nn.ModuleList(make_predictor(config) for _ in range(config.ensemble - 1))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.metric.map.weight.device

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """`history` observations, oldest first, one model step apart -> (K, D).

        Raises `ValueError` for another count, or when a view or the gripper is missing.
        """
        pictures, felt = self.inputs(observations)
        return self.encoder(self._tensor(pictures)[None], self._tensor(felt)[None])[0]

    def inputs(self, observations: Sequence[Observation]) -> tuple[np.ndarray, np.ndarray]:
        """What the encoder takes of them: (K, 3V, h, w) uint8 and (K, J) rad; raises as `encode` does."""
        if len(observations) != self.history:
            raise ValueError(f"got {len(observations)} observations, expected {self.history}, one model step apart")
        pictures = stack_pictures(observations, self.config.views, self.config.image_size)
        return pictures, stack_feelings(observations, self.config.gripper)

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        """views: (H, W, 3) uint8 RGB each -> (D_v,). Raises `ValueError` for another number of views."""
        picture = stack_views(views, self.config.views, self.config.image_size)
        return self.encoder.visual(self._tensor(picture)[None])[0]

    def next(self, latent: Tensor, action: Tensor, predictor: nn.Module | None = None) -> Tensor:
        """latent: (B, K, D), action: (B, A) m -> (B, K, D). predictor: another member of the ensemble than the first."""
        return self._advance(latent, action, predictor, self._way_back())

    def rollout(self, latent: Tensor, actions: Tensor, predictor: nn.Module | None = None) -> Tensor:
        """latent: (K, D), actions: (S, H, A) m -> (S, H, K, D). predictor: as in `next`."""
        back = self._way_back()  # once: it is the same for every step
        return roll_out(lambda before, action: self._advance(before, action, predictor, back), latent, actions)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        """latent: (..., K, D), goal: (D_v,) -> (...), of the newest moment's visual part alone.

        Raises `ValueError` for a focus on the object when the model was trained without.
        """
        visual = self._newest(latent)
        if focus is Focus.OBJECT:  # only the metric can tell the object from the rest
            return self.metric.distance(visual, goal, focus)
        distance = torch.zeros((), device=visual.device)
        if self.config.distance in ("metric", "both"):
            distance = distance + self.metric.distance(visual, goal, focus)
        if self.config.distance in ("latent", "both"):
            # Scaled so that a step of 5 cm costs about as much in either distance.
            distance = distance + 0.1 * (visual - goal).square().mean(-1).sqrt()
        return distance

    def linear_distance(self, focus: Focus = Focus.SCENE) -> LinearDistance | None:
        """`goal_distance` as lengths in a linear map; None where it is more than that."""
        metric = self.metric
        if self.config.latent != "vector" or (focus is Focus.SCENE and self.config.distance != "metric"):
            return None
        return metric.linear_distance(focus)

    def uncertainty(self, latent: Tensor, controls: Tensor) -> Tensor:
        """latent: (K, D), controls: (..., H, A) -> (..., H) m: how far apart the predictors see each step end.

        Raises `ValueError` for a model of one predictor.
        """
        return ensemble_spread(self, self.rollout, latent, controls)

    def tool_position(self, goal: Tensor) -> np.ndarray:
        """goal: (D_v,) -> (3,) m, the probe's reading"""
        return self.tool_probe(goal).cpu().numpy()

    def object_position(self, latent: Tensor) -> Tensor:
        """latent: (..., K, D) -> (..., 3) m, the probe's reading. Raises `ValueError` for a model without objects."""
        if self.object_probe is None:
            raise ValueError("this model was not trained with objects and has no probe for one")
        return self.object_probe(self._newest(latent)).detach()

    def object_in(self, goal: Tensor) -> Tensor:
        """goal: (D_v,) -> (3,) m, where the picture shows the object. Raises `ValueError` as `object_position` does."""
        return self.object_position(goal[None])

    def motion(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """before, after: (..., K, D) -> how far tool and object moved between them, (..., 3) m each, as the metric reads it.

        Raises `ValueError` for a model without objects.
        """
        if self.object_probe is None:
            raise ValueError("this model was not trained with objects and cannot tell how one moved")
        way = self.metric(self._newest(after)) - self.metric(self._newest(before))
        return way[..., self.metric.tool], way[..., self.metric.object]

    def way_to(self, latent: Tensor, goal: Tensor) -> Tensor:
        """latent: (..., K, D), goal: (D_v,) -> (..., 3) m from where the object is to where the goal shows it, by the metric.

        Raises `ValueError` for a model without objects.
        """
        return self.motion(latent, goal[None])[1]

    @property
    def makes_goals(self) -> bool:
        """Whether `goal_at` can be asked: where there are objects, and what places are read from is linear in the latent."""
        return self.config.objects and self.config.latent == "vector"

    def goal_at(self, latent: Tensor, object_way: Tensor, tool_way: Tensor | None = None, opening: float = 0.0) -> Tensor:
        """A goal that no picture was taken of: what is seen now, with object and tool moved by these ways, (3,) m each.

        opening: m that the fingers are farther apart by then. latent: (K, D) -> (D_v,), the least change of the visual
        latent in which the metric reads just that. Ways and not places: the metric reads places up to a constant.
        Raises `ValueError` where `makes_goals` does not hold.
        """
        if not self.makes_goals:
            raise ValueError("goals cannot be made by this model: expected a model with objects and a latent that is a vector")
        metric, visual = self.metric, self._newest(latent)
        way = torch.zeros(metric.map.out_features, device=visual.device)
        way[metric.object] = object_way
        if tool_way is not None:
            way[metric.tool] = tool_way
        way[metric.gripper] = opening
        return visual + way @ way_back(metric.map.weight)

    def _advance(self, latent: Tensor, action: Tensor, predictor: nn.Module | None, back: Tensor | None) -> Tensor:
        after = (self.predictor if predictor is None else predictor)(latent, action)
        if self.touch_head is not None:
            size = self.config.visual_dim
            touch = self.touch_head(latent, action).sigmoid()
            visual = hold_untouched(latent[:, -1, :size], after[:, :size], touch, self._object_map(), back)
            after = torch.cat([visual, after[:, size:]], dim=-1)
        return torch.cat([latent[:, 1:], after[:, None]], dim=1)

    def _way_back(self) -> Tensor | None:
        return None if self.touch_head is None else way_back(self._object_map())

    def _object_map(self) -> Tensor:
        return self.metric.map.weight[self.metric.object]

    def _newest(self, latent: Tensor) -> Tensor:
        return latent[..., -1, : self.config.visual_dim]

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)
