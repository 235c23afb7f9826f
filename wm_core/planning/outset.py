"""What a plan sets out from: the latent of now, and that of the moment when the plan takes over."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.protocols import WorldModel
from wm_core.types import Observation


class Outset:
    """Of one planner and its world model."""

    def __init__(self, world_model: WorldModel | None, kinematics: BatchedKinematics, max_step: float) -> None:
        """max_step: m, the longest tool displacement of one action."""
        self._world_model, self._kinematics, self._max_step = world_model, kinematics, max_step

    def see(self, observations: Sequence[Observation]) -> Tensor:
        """-> (*latent). Raises `ValueError` for another number of observations than the model's history."""
        if len(observations) != self._world_model.history:
            raise ValueError(f"expected {self._world_model.history} observations, got {len(observations)}")
        return self._world_model.encode(observations)

    def imagine_until(self, latent: Tensor, newest: Observation, joints: Tensor) -> Tensor:
        """latent: (*latent) of the newest frame -> the same, plus the motion that is already decided, up to joints (J,) rad.

        A plan that starts from where the arm will be, scored from where the arm was, would overshoot by the difference.
        """
        place = self._kinematics.tensor(newest.joints.position)
        if torch.equal(place, joints):
            return latent
        seen, _ = self._kinematics.forward(place)
        decided = self._kinematics.forward(joints)[0] - seen
        parts = math.ceil(float(decided.norm()) / self._max_step - 0.1)  # a tenth of a step is not worth a prediction
        if parts == 0:
            return latent
        # Nobody knows what the gripper was told meanwhile: it is taken to stay as it is.
        action = pad(decided, (0, self._world_model.action_dim - len(decided)))
        return self._world_model.rollout(latent, (action / parts).expand(1, parts, -1))[0, -1]
