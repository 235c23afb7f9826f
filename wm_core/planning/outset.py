"""What a plan sets out from: the latent of now, and that of the moment when the plan takes over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from wm_core.cuda import upload
from wm_core.protocols import WorldModel
from wm_core.types import Observation

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import UrdfArm


class Outset:
    """Of one planner and its world model."""

    def __init__(self, world_model: WorldModel | None, arm: UrdfArm, max_step: float) -> None:
        """max_step: m, the longest tool displacement of one action."""
        self._world_model, self._arm, self._max_step = world_model, arm, max_step

    def see(self, observations: Sequence[Observation]) -> Tensor:
        """-> (*latent). Raises `ValueError` for another number of observations than the model's history."""
        if len(observations) != self._world_model.history:
            raise ValueError(f"expected {self._world_model.history} observations, got {len(observations)}")
        return self._world_model.encode(observations)

    def imagine_until(self, latent: Tensor, newest: Observation, place: np.ndarray) -> Tensor:
        """latent: (*latent) of the newest frame -> the same, plus the motion that is already decided, up to `place`, (J,) rad.

        A plan that starts from where the arm will be, scored from where the arm was, would overshoot by the difference.
        """
        if np.array_equal(newest.joints.position, place):
            return latent
        seen, begin = (self._arm.forward(joints).position for joints in (newest.joints.position, place))
        decided = begin - seen
        parts = math.ceil(np.linalg.norm(decided) / self._max_step - 0.1)  # a tenth of a step is not worth a prediction
        if parts == 0:
            return latent
        # Nobody knows what the gripper was told meanwhile: it is taken to stay as it is.
        action = np.pad(decided / parts, (0, self._world_model.action_dim - len(decided)))
        actions = upload(torch.from_numpy(np.tile(action, (1, parts, 1))).float(), latent.device)
        return self._world_model.rollout(latent, actions)[0, -1]
