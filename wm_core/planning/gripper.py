"""A gripper on top of any action space."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor
from torch.nn.functional import hardshrink, pad

from wm_core.planning.motion import MotionSpace
from wm_core.protocols import Candidates
from wm_core.types import Goal

THRESHOLD = 1.0 / 3.0  # thirds of -1 to 1: a mean of zero with little spread leaves the gripper as it is


class WithGripper:
    """Implements `MotionSpace`: the space of an arm with one more number a step, the gripper's command.

    Above a third it opens, below minus a third it closes, in between it stays as it is: the sampler draws from
    Gaussians, and a zero action has to mean that nothing changes.
    """

    def __init__(self, arm: MotionSpace) -> None:
        self.dimension = arm.dimension + 1
        self._arm = arm

    def candidates(self, actions: Tensor, start: Tensor, velocity: Tensor | None = None) -> Candidates:
        """See `MotionSpace`."""
        moved = self._arm.candidates(actions[..., :-1], start, velocity)
        return replace(moved, actions=actions, gripper=gripper_command(actions[..., -1]))

    @property
    def waits(self) -> bool:
        """See `MotionSpace`."""
        return self._arm.waits

    @property
    def told(self) -> tuple[Tensor, ...]:
        """See `MotionSpace`."""
        return self._arm.told

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """See `MotionSpace`; leaves the gripper as it is."""
        straight = self._arm.straight(start, goal, horizon)
        return None if straight is None else pad(straight, (0, 1))


def gripper_command(value: Tensor) -> Tensor:
    """Numbers of any shape -> -1 close, 0 as it is, +1 open, in the same type."""
    return hardshrink(value, THRESHOLD).sign()
