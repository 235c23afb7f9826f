"""The loop of every sampling search: draw, score, refit, repeat."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Callable

import torch
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.planning.draws import around_the_best, draw, seat
from wm_core.planning.evaluator import Scores
from wm_core.planning.search import Beginning, Budget, Found, PlanningError, better


class SamplingSearch(ABC):
    """Implements `Search`; what a method does its own way is below.

    The mean, the best so far and the caller's proposals stand among the samples of every iteration, and the best that was
    ever scored is what is found. The last mean is scored by the next plan, whose first sample it is: alone it would take
    half as long as an iteration.

    Guesses of a prior (PRISM, arXiv 2606.07974) make up a share of the first draw and, around the best of them, of every
    later one: they are not averaged away where the mean has gone elsewhere. All samples compete alike.
    """

    def __init__(self, config: PlannerConfig, clock: Callable[[], float] = time.perf_counter) -> None:
        self._config = config
        self._clock = clock
        self._elites = max(2, round(config.elites * config.samples))

    def search(
        self, score: Callable[[Tensor], Scores], begin: Beginning, generator: torch.Generator, started: float
    ) -> Found:
        """See `Search`."""
        budget = Budget(self._clock, started, self._config.deadline)
        mean, std, elites, guesses = begin.mean, begin.std, begin.elites, begin.guesses
        guided = None if guesses is None else guesses.samples
        proposals = [*begin.proposals, *(guesses.modes if guesses is not None else ())]
        best: Found | None = None
        for iteration in range(1, self._config.iterations + 1):
            if best is not None and not budget.fits():
                break
            with budget.evaluation():
                known = [mean] if best is None else [mean, best.actions]
                kept = [] if elites is None else list(elites)
                count = self._population(iteration)
                actions = draw(mean, std, count, self._root(len(mean), iteration), generator)
                scores = score(seat(actions, [*known, *proposals, *kept], guided))
                if torch.isfinite(scores.costs).any():
                    mean, std = self._refit(scores, mean, std)
                    elites = self._keep(scores)
                elif best is None:
                    raise PlanningError(f"none of {len(scores.costs)} imagined futures has a finite cost")
                if guided is not None:
                    guided = self._follow_up(scores, len(guided), count, self._population(iteration + 1), std, generator)
                best = better(best, scores, mean, iteration)
        return replace(best, elites=elites)

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

    def _best_rows(self, scores: Scores, count: int) -> Tensor:
        """-> (K,), the rows of the best `count` candidates, fewer where fewer have a finite cost."""
        finite = int(torch.isfinite(scores.costs).sum())
        return torch.topk(scores.costs, min(count, finite), largest=False).indices

    def _follow_up(
        self, scores: Scores, guided: int, count: int, later: int, std: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Guesses around the best of the last `guided` of `count`, the same share of the `later` ones."""
        following = max(1, round(guided * later / count))
        return around_the_best(scores, guided, following, std, self._config.elites, generator)
