"""What a backend computes in the world model's place."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Rollout(Protocol):
    """Imagines by the first predictor of one model."""

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """latent: (K, D), actions: (S, H, A) m -> (S, H, K, D), never written to again"""
