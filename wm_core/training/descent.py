"""One step down a loss, for everything that is trained here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


class TrainingError(ValueError):
    """The run cannot go on; the message says why."""


def descend(
    loss: Tensor,
    step: int,
    weights: Sequence[nn.Parameter],
    optimiser: torch.optim.Optimizer,
    clip: float = 1.0,
    average: Callable[[], None] | None = None,
) -> None:
    """Gradients of `loss`, their norm clipped, and a step of `optimiser`.

    step: its number, for the message. average: what makes gradients those of all processes. Raises `TrainingError` for
    a loss that is no number, before any weight is touched.
    """
    if not loss.isfinite():
        raise TrainingError(f"the loss is {loss.item()} at step {step}; lower the learning rate")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if average is not None:
        average()
    nn.utils.clip_grad_norm_(weights, clip)
    optimiser.step()
