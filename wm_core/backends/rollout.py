"""What a backend computes in the world model's place."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


class Rollout(Protocol):
    """Imagines by the first predictor of one model.

    recordable: on a GPU it is the same launches every time, and the host waits for none of them.
    """

    recordable: bool

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (K, D), actions: (S, H, A) m -> (S, H, K, D), never written to again"""


@runtime_checkable
class Stepper(Rollout, Protocol):
    """Also imagines a single step, for planners that ask for one at a time."""

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        """latent: (B, K, D), action: (B, A) m -> (B, K, D)"""
