"""Action spaces: how a sampled (S, H, A) becomes joint paths that the arm can really follow."""

from __future__ import annotations

from typing import Protocol, Sequence

import torch
from torch import Tensor

from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.box import Moved
from wm_core.protocols import Candidates
from wm_core.types import Goal


NOT_AS_DRAWN = 0.01  # m or rad; a long step bends by a few mm, being linearised where it begins


class MotionSpace(Protocol):
    """What the sampler draws in. Actions are normalised: 1 is the largest a step allows."""

    dimension: int
    waits: bool
    """Whether `candidates` makes the host wait for the device."""
    told: tuple[Tensor, ...]
    """What of the goal it holds."""

    def candidates(self, actions: Tensor, start: Tensor, velocity: Tensor | None = None) -> Candidates:
        """actions: (S, H, A), unbounded -> what the arm would really do, without latents.

        start: (J,) rad, velocity: (J,) rad/s, what the arm does there, None for rest; (S, J) where samples differ in it.
        The paths keep position, velocity and acceleration limits and the workspace box, unless `start` is such that
        no motion does: then acceleration is kept, and the rest as soon as that allows.
        """

    def straight(self, start: Tensor, goal: Goal, horizon: int) -> Tensor | None:
        """-> (H, A), straight to the goal as fast as this space allows; None where the goal does not say where."""


def standing(kinematics: BatchedKinematics, start: Tensor, velocity: Tensor | None, step: float) -> Moved:
    """Where the first step begins, one row for all samples where they begin alike. Arguments as of `MotionSpace`."""
    joints = start.reshape(-1, kinematics.joints)
    change = torch.zeros_like(joints) if velocity is None else velocity.reshape(-1, kinematics.joints) * step
    return Moved(joints, change, kinematics.tool(joints))


def as_candidates(actions: Tensor, start: Tensor, begin: Moved, steps: Sequence[Moved], wanted: Tensor) -> Candidates:
    """steps: H of them. wanted: (S, H, 3) m of tool motion that was drawn."""
    path = torch.stack([one.joints for one in steps], 1)
    frames = torch.stack([one.tool.frame for one in steps], 1)
    position, rotation = frames[..., :3, 3], frames[..., :3, :3]
    made = between(begin.tool.position.expand(len(actions), 3), position)
    return Candidates(actions, path, made, position, rotation, start, limited=limited(wanted, made))


def limited(wanted: Tensor, made: Tensor) -> Tensor:
    """wanted, made: (S, H, ...) m or rad -> (S,), whether some step was not what it should be, by more than it bends anyway"""
    return ((made - wanted).norm(dim=-1) > NOT_AS_DRAWN).any(-1)


def between(first: Tensor, position: Tensor) -> Tensor:
    """first: (S, N), position: (S, H, N) -> (S, H, N), from each to the next"""
    return torch.diff(position, dim=1, prepend=first[:, None])


def paced(way: Tensor, length: Tensor, horizon: int) -> Tensor:
    """Cuts `way` (A,), which is `length` steps long, into steps no longer than 1: (H, A), zero after arrival."""
    done = torch.arange(horizon, device=way.device, dtype=way.dtype)
    share = (length - done).clamp(0.0, 1.0) / length.clamp(min=1e-9)
    return share[:, None] * way
