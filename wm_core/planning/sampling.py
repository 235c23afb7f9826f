"""The loop of every sampling search: draw, score, refit, repeat."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Callable

import torch
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.planning.draws import Noise, around_the_best, draw, noise_of, seat
from wm_core.planning.elites import Elites, best_of
from wm_core.planning.evaluator import Scores
from wm_core.planning.search import Beginning, Budget, Found, PlanningError, better


@dataclass(frozen=True)
class Drawing:
    """What an iteration draws from. mean, std: (H, A). elites: (K, H, A), guided: (N, H, A), None where there are none."""

    mean: Tensor
    std: Tensor
    elites: Tensor | None = None
    guided: Tensor | None = None


class SamplingSearch(ABC):
    """Implements `Search`; what a method does its own way is below.

    The mean, the best so far and the caller's proposals stand among the samples of every iteration, and the best that was
    ever scored is what is found. The last mean is scored by the next plan, whose first sample it is: alone it would take
    half as long as an iteration.

    Guesses of a prior (PRISM, arXiv 2606.07974) make up a share of the first draw and, around the best of them, of every
    later one: they are not averaged away where the mean has gone elsewhere. All samples compete alike.
    """

    def __init__(self, config: PlannerConfig, clock: Callable[[], float] = time.perf_counter, waits: bool = True) -> None:
        """waits: whether refits may wait on the host for how many costs are finite; else those that are not are masked."""
        self._config, self._clock, self._waits = config, clock, waits
        self.elites = max(2, round(config.elites * config.samples))
        self._root_on = cache(self._make_root)  # of them all: what was recorded goes on reading where they lie

    def search(
        self, score: Callable[[Tensor], Scores], begin: Beginning, generator: torch.Generator, started: float
    ) -> Found:
        """See `Search`."""
        budget = Budget(self._clock, started, self._config.deadline)
        drawing, proposals, noise = *first_drawing(begin), noise_of(generator, begin.mean.device)
        best: Found | None = None
        for iteration in range(1, self._config.iterations + 1):
            if best is not None and not budget.fits():
                break
            with budget.evaluation():
                known = proposals if best is None else [best.actions, *proposals]
                scores = score(self.draw(drawing, known, iteration, noise))
                if torch.isfinite(scores.costs).any():
                    drawing = self.refitted(drawing, scores)
                elif best is None:
                    raise PlanningError(f"none of {len(scores.costs)} imagined futures has a finite cost")
                drawing = self.followed(drawing, scores, iteration, noise)
                best = better(best, scores, drawing.mean, iteration)
        return replace(best, elites=drawing.elites)

    def draw(self, drawing: Drawing, known: Sequence[Tensor], iteration: int, noise: Noise) -> Tensor:
        """-> (S, H, A) of this iteration, from 1. known: (H, A) each, that stand among them, after the mean."""
        kept = [] if drawing.elites is None else drawing.elites.unbind()
        root = self._root_on(len(drawing.mean), iteration, drawing.mean.device)
        actions = draw(drawing.mean, drawing.std, self._population(iteration), root, noise)
        return seat(actions, [drawing.mean, *known, *kept], drawing.guided)

    def refitted(self, drawing: Drawing, scores: Scores) -> Drawing:
        """What to draw from next, but for guesses. At least one cost is finite, others may be inf."""
        mean, std = self._refit(scores, drawing.mean, drawing.std)
        return Drawing(mean, std, self._keep(scores), drawing.guided)

    def followed(self, drawing: Drawing, scores: Scores, iteration: int, noise: Noise) -> Drawing:
        """Guesses around the best of the last ones, the same share of the next population."""
        if drawing.guided is None:
            return drawing
        guided, count = len(drawing.guided), self._population(iteration)
        following = max(1, round(guided * self._population(iteration + 1) / count))
        around = around_the_best(scores, guided, following, drawing.std, self._config.elites, noise)
        return replace(drawing, guided=around)

    @abstractmethod
    def _root(self, horizon: int, iteration: int) -> Tensor:
        """-> (H, K), what makes white noise (K, A) the noise (H, A) of this iteration, from 1."""

    @abstractmethod
    def _refit(self, scores: Scores, mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
        """-> mean and std, (H, A), to draw around next. At least one cost is finite, others may be inf."""

    def _population(self, iteration: int) -> int:
        """How many samples this iteration has."""
        return self._config.samples

    def _keep(self, scores: Scores) -> Tensor | None:
        """-> (K, H, A) that stand among the samples of the next iteration and the next plan; None keeps none."""
        return None

    def _best(self, scores: Scores, count: int) -> Elites:
        return best_of(scores, count, self._waits)

    def _make_root(self, horizon: int, iteration: int, device: torch.device) -> Tensor:
        return self._root(horizon, iteration).to(device)


def first_drawing(begin: Beginning) -> tuple[Drawing, list[Tensor]]:
    """What the first iteration draws from, and what stands among the samples of every one."""
    guesses = begin.guesses
    if guesses is None:
        return Drawing(begin.mean, begin.std, begin.elites), [*begin.proposals]
    return Drawing(begin.mean, begin.std, begin.elites, guesses.samples), [*begin.proposals, *guesses.modes]
