"""What ends an iteration that a device does by itself: the best so far, and what to draw from next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from wm_core.planning.evaluator import Scores
from wm_core.planning.sampling import Drawing, SamplingSearch
from wm_core.planning.search import Chosen

BEFORE = 3  # numbers that stand before the actions of the best: cost, row and iteration


@dataclass(frozen=True)
class Closed:
    """drawing: what to draw from next, but for guesses. best: (N,), the best so far: its cost, its row of the population of an
    iteration, the number of that, its actions, then the parts of `Chosen`. told: `best`, mean and elites, behind one another.
    """

    drawing: Drawing
    best: Tensor
    told: Tensor


class Closing(Protocol):
    """Waits for nothing."""

    def __call__(self, drawing: Drawing, scores: Scores, best: Tensor | None, iteration: int) -> Closed:
        """drawing: what the scored ones were drawn from. best: of the iteration before, None in the first; iteration: from 1.

        Where no cost is finite, `drawing` stays as it is.
        """


class TensorClosing:
    """Implements `Closing` for any method: one that masks what is not finite."""

    def __init__(self, sampler: SamplingSearch) -> None:
        self._sampler = sampler

    def __call__(self, drawing: Drawing, scores: Scores, best: Tensor | None, iteration: int) -> Closed:
        """See `Closing`."""
        after = _if_any(scores.costs.amin() < torch.inf, self._sampler.refitted(drawing, scores), drawing)
        newest = _better(best, scores, iteration)
        elites = [] if after.elites is None else [after.elites.flatten()]
        return Closed(after, newest, torch.cat([newest, after.mean.flatten(), *elites]))


def _better(best: Tensor | None, scores: Scores, iteration: int) -> Tensor:
    row = scores.costs.argmin().reshape(1)
    actions, of_it = scores.candidates.actions[row], torch.full_like(scores.costs[:1], iteration)
    parts = [scores.costs[row], row.to(of_it), of_it, actions, *Chosen.of(scores, row).parts]
    new = torch.cat([part.flatten() for part in parts])
    return new if best is None else torch.where(new[0] < best[0], new, best)


def _if_any(some: Tensor, new: Drawing, old: Drawing) -> Drawing:
    """`new`, or `old` where no cost was finite."""
    mean, std = torch.where(some, new.mean, old.mean), torch.where(some, new.std, old.std)
    # The first iteration may have other elites than those that follow, or none: what it keeps is kept.
    alike = new.elites is not None and old.elites is not None and new.elites.shape == old.elites.shape
    return replace(new, mean=mean, std=std, elites=torch.where(some, new.elites, old.elites) if alike else new.elites)
