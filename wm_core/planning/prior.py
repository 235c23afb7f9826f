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
        `count` draws, (count, H, A).
        """


@dataclass(frozen=True)
class Guesses:
    """modes: (C, H, A), always tried. samples: (N, H, A), among the first draw."""

    modes: tuple[Tensor, ...]
    samples: Tensor


def guesses_of(proposed: tuple[Tensor, Tensor], horizon: int) -> Guesses:
    """What `propose` returns, cut to `horizon` steps or followed by standing still."""
    modes, samples = proposed
    return Guesses(fit_horizon(modes, horizon).unbind(0), fit_horizon(samples, horizon))


def fit_horizon(actions: Tensor, horizon: int) -> Tensor:
    """(N, H', A) -> (N, H, A): cut, or followed by zero actions, which change nothing."""
    short = horizon - actions.shape[1]
    return pad(actions, (0, 0, 0, short)) if short > 0 else actions[:, :horizon]
