"""Stand-ins that implement the real protocols. Loaded by the conftest files (tests/ is not on the path)."""

from __future__ import annotations

from typing import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.protocols import Kinematics
from wm_core.types import JointState, Observation


class FakeClock:
    """Time that passes when somebody says so, s."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class LinearWorldModel:
    """Implements `WorldModel` exactly: the latent is the tool position (m), an action adds its displacement.

    A goal image tells its position in the colour of its first pixel, 5 mm a grey level.
    """

    history, step, action_dim = 2, 0.2, 3

    def __init__(self, arm: Kinematics) -> None:
        self._arm = arm
        self.encoded_goals = 0
        self.rollouts = 0

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        return torch.tensor(self._arm.forward(observations[-1].joints.position).position, dtype=torch.float32)

    def encode_goal(self, image: np.ndarray) -> Tensor:
        self.encoded_goals += 1
        return torch.tensor(image[0, 0].astype(np.float32) / 200.0 - 0.6)

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        return latent + action

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        self.rollouts += 1
        return latent + actions.cumsum(1)

    def goal_distance(self, latent: Tensor, goal: Tensor) -> Tensor:
        return (latent - goal).norm(dim=-1)

    def tool_position(self, goal: Tensor) -> np.ndarray:
        return goal.numpy()


class BrokenWorldModel(LinearWorldModel):
    """Imagines NaN."""

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        return super().rollout(latent, actions) * torch.nan


class SlowWorldModel(LinearWorldModel):
    """Every rollout takes `seconds` of the given clock."""

    def __init__(self, arm: Kinematics, clock: FakeClock, seconds: float) -> None:
        super().__init__(arm)
        self._clock, self._seconds = clock, seconds

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        self._clock.time += self._seconds
        return super().rollout(latent, actions)


def goal_image(position: np.ndarray) -> np.ndarray:
    """(32, 32, 3) uint8: the picture that `LinearWorldModel` reads `position` (3,) m from, to the nearest 5 mm."""
    image = np.zeros((32, 32, 3), dtype=np.uint8)
    image[0, 0] = np.round((np.asarray(position) + 0.6) * 200.0)
    return image


def observe(joints: np.ndarray, stamp: float, image: np.ndarray | None = None) -> Observation:
    """An arm at rest."""
    picture = np.zeros((32, 32, 3), dtype=np.uint8) if image is None else image
    return Observation(picture, JointState(np.asarray(joints, dtype=float), np.zeros(len(joints)), stamp), stamp)
