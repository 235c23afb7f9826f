"""How the learning rate changes over a fit that takes minutes."""

from __future__ import annotations

import torch

_WARM_UP = 0.05  # of the steps


def warm_up_and_decay(optimiser: torch.optim.Optimizer, learning_rate: float, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Warm-up to `learning_rate` over a twentieth of the steps, then a cosine; for any number of steps, 1 or more."""
    # OneCycleLR divides by the step at which its warm-up ends, share * steps - 1: with 20 steps that was 0.
    share = _WARM_UP if _WARM_UP * steps != 1.0 else 1.01 * _WARM_UP
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, steps, pct_start=share, cycle_momentum=False)
