"""Where a learned guess of good actions enters the sampler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn.functional import pad

from wm_core.types import Focus


@runtime_checkable
class ActionPrior(Protocol):
    """Proposes actions that may lead from here to a goal; normalised, 1 is the longest step. It proposes, the world model judges."""

    def propose(
        self, latent: Tensor, goal: Tensor, focus: Focus, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """latent: (*latent), goal: (*goal) -> (C, H, A), the middles of what it would propose, the likeliest first, and
        `count` draws, (count, H, A), drawn on the CPU: one seed means the same on every device.
        """


@dataclass(frozen=True)
class Guesses:
    """modes: (C, H, A), always tried. samples: (N, H, A), among the first draw."""

    modes: tuple[Tensor, ...]
    samples: Tensor


def guess(
    prior: ActionPrior,
    latent: Tensor,
    goal: Tensor,
    focus: Focus,
    count: int,
    horizon: int,
    generator: torch.Generator,
) -> Guesses:
    """`count` samples of the prior, cut to `horizon` steps or followed by standing still."""
    modes, samples = prior.propose(latent, goal, focus, count, generator)
    return Guesses(fit_horizon(modes, horizon).unbind(0), fit_horizon(samples, horizon))


def fit_horizon(actions: Tensor, horizon: int) -> Tensor:
    """(N, H', A) -> (N, H, A): cut, or followed by zero actions, which change nothing."""
    return pad(actions[:, :horizon], (0, 0, 0, max(0, horizon - actions.shape[1])))
