"""A world model whose rollouts are computed by a backend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wm_core.backends.fused import FusedRollout
from wm_core.backends.rollout import Rollout, Stepper
from wm_core.backends.rollout_weights import rollout_weights
from wm_core.backends.seen_pictures import SeenPictures
from wm_core.config import BackendName
from wm_core.cuda import GraphRecorder, Recorded
from wm_core.model.ensemble import ensemble_spread
from wm_core.model.world_model import JepaWorldModel
from wm_core.protocols import LinearDistance, WorldModel
from wm_core.types import Focus, Observation


class BackedWorldModel:
    """Implements `WorldModel`, and all else that a `JepaWorldModel` offers to planners; only rollouts are others, and
    pictures are not encoded twice. The weights of `base` may not change: packed ones would not follow.

    The uncertainty compares predictors, and the rounding of one of them would count as doubt: all of them are computed
    alike, in float32, whatever the backend. What is not in the inner loop of planning is left to the model itself.
    """

    def __init__(self, base: JepaWorldModel, backend: BackendName, rollout: Rollout) -> None:
        """rollout: of `base`; whether it agrees is checked by `wm_core.backends.verify`."""
        self.base, self.backend, self._rollout = base, backend, rollout
        self._stepper = rollout if isinstance(rollout, Stepper) else None
        on_gpu = base.device.type == "cuda"
        parts = base.encoder.visual, base.encoder.felt
        encode, self._felt = (Recorded(part, GraphRecorder(base.device), base.device) for part in parts) if on_gpu else parts
        self._seen = SeenPictures(encode)
        self._members: dict[nn.Module, FusedRollout] = {}
        self.config, self.encoder, self.predictor = base.config, base.encoder, base.predictor
        self.history, self.step, self.action_dim, self.ensemble = base.history, base.step, base.action_dim, base.ensemble

    def anew(self) -> BackedWorldModel:
        """The same, with nothing remembered of what this one was shown: to compare planners, each has its own."""
        return BackedWorldModel(self.base, self.backend, self._rollout)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.base.device

    @property
    def recordable(self) -> bool:
        """Whether rollouts are; distances always are."""
        return self._rollout.recordable

    def rollout(self, latent: Tensor, actions: Tensor, predictor: nn.Module | None = None) -> Tensor:
        """latent: (K, D), actions: (S, H, A) m -> (S, H, K, D).

        Another predictor of the ensemble is left to the model, and so are actions that a gradient is wanted for.
        """
        if self._leaves(actions, predictor):
            return self.base.rollout(latent, actions, predictor)
        return self._rollout.rollout(latent, actions)

    def next(self, latent: Tensor, action: Tensor, predictor: nn.Module | None = None) -> Tensor:
        """latent: (B, K, D), action: (B, A) m -> (B, K, D).

        Left to the model where `rollout` is, and where the backend only rolls out.
        """
        if self._stepper is None or self._leaves(action, predictor):
            return self.base.next(latent, action, predictor)
        return self._stepper.next(latent, action)

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        """See `JepaWorldModel`, as for all below. Pictures that were encoded just now are not encoded again."""
        pictures, felt = self.base.inputs(observations)
        seen = self._seen.latents(pictures)
        return torch.cat([seen, self._felt(torch.from_numpy(felt))], dim=-1)

    def inputs(self, observations: Sequence[Observation]) -> tuple[np.ndarray, np.ndarray]:
        return self.base.inputs(observations)

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        return self.base.encode_goal(*views)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        return self.base.goal_distance(latent, goal, focus)

    def linear_distance(self, focus: Focus = Focus.SCENE) -> LinearDistance | None:
        return self.base.linear_distance(focus)

    def uncertainty(self, latent: Tensor, controls: Tensor) -> Tensor:
        return ensemble_spread(self.base, self._rollout_of, latent, controls)

    def _leaves(self, actions: Tensor, predictor: nn.Module | None) -> bool:
        return predictor not in (None, self.predictor) or actions.requires_grad

    def _rollout_of(self, latent: Tensor, actions: Tensor, member: nn.Module) -> Tensor:
        if member not in self._members:
            self._members[member] = FusedRollout(rollout_weights(self.base, member))
        return self._members[member].rollout(latent, actions)

    def tool_position(self, goal: Tensor) -> np.ndarray:
        return self.base.tool_position(goal)

    def object_position(self, latent: Tensor) -> Tensor:
        return self.base.object_position(latent)

    def object_in(self, goal: Tensor) -> Tensor:
        return self.base.object_in(goal)

    def motion(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        return self.base.motion(before, after)

    def way_to(self, latent: Tensor, goal: Tensor) -> Tensor:
        return self.base.way_to(latent, goal)

    @property
    def makes_goals(self) -> bool:
        return self.base.makes_goals

    def goal_at(self, latent: Tensor, object_way: Tensor, tool_way: Tensor | None = None, opening: float = 0.0) -> Tensor:
        return self.base.goal_at(latent, object_way, tool_way, opening)


def model_itself(model: WorldModel) -> WorldModel:
    """Without its backend: for what planners do not ask of it."""
    return model.base if isinstance(model, BackedWorldModel) else model


def backend_of(model: WorldModel) -> BackendName:
    """What computes its rollouts, by name."""
    return model.backend if isinstance(model, BackedWorldModel) else "torch"
