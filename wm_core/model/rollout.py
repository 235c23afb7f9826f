"""Step by step through imagined futures."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def roll_out(advance: Callable[[Tensor, Tensor], Tensor], latent: Tensor, actions: Tensor) -> Tensor:
    """advance: (S, K, D), (S, A) -> (S, K, D). latent: (K, D) that all begin from; actions: (S, H, A) -> (S, H, K, D)"""
    future, steps = latent.expand(len(actions), *latent.shape), []
    for action in actions.unbind(1):
        future = advance(future, action)
        steps.append(future)
    return torch.stack(steps, dim=1)
