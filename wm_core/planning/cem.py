"""The cross-entropy method: draw, score, refit to the best, repeat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Sequence

import torch
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.planning.evaluator import Scores
from wm_core.planning.prior import Guesses


class PlanningError(RuntimeError):
    """No imagined future has a finite cost; the message says of how many."""


@dataclass(frozen=True)
class Found:
    """The best candidate that was scored: row `row` of `scores`. mean: (H, A) of the last refit."""

    scores: Scores
    row: int
    cost: float
    mean: Tensor
    iterations: int


class CrossEntropySearch:
    """CEM (Rubinstein 1999) with what makes a small budget enough (iCEM, Pinneri et al. 2020).

    The first draw's noise is correlated in time, which reaches further; later draws are white, which settles. The
    mean, the best so far and the caller's proposals stand among the samples; the last mean is scored as well. Samples
    are never clamped before the refit: averaging clamped elites pulls the mean away from the bounds. Whatever limits
    actions has to do so inside `score`.

    Guesses of a prior (PRISM, arXiv 2606.07974) make up a share of the first draw and, around the best of them, of every
    later one: they are not averaged away where the mean has gone elsewhere. All samples compete alike.
    """

    def __init__(self, config: PlannerConfig, clock: Callable[[], float] = time.perf_counter) -> None:
        self._config = config
        self._clock = clock
        self._elites = max(2, round(config.elites * config.samples))

    def search(
        self,
        score: Callable[[Tensor], Scores],
        mean: Tensor,
        std: Tensor,
        proposals: Sequence[Tensor],
        generator: torch.Generator,
        started: float,
        guesses: Guesses | None = None,
    ) -> Found:
        """score: (S, H, A) -> scores. mean, std: (H, A) to begin with. proposals: (H, A) each, always tried.

        guesses: of a prior. started: by the clock; the deadline counts from it. At least one iteration is made, another
        one only if it fits. Raises `PlanningError`.
        """
        best: Found | None = None
        longest = 0.0
        guided = None if guesses is None else guesses.samples
        proposals = [*proposals, *(guesses.modes if guesses is not None else ())]
        for iteration in range(1, self._config.iterations + 1):
            begun = self._clock()
            if best is not None and begun - started + longest > self._config.deadline:
                break
            chosen = [mean, *proposals] if best is None else [mean, _actions(best), *proposals]
            correlation = self._config.correlation if best is None else 0.0
            scores = score(self._draw(mean, std, chosen, guided, correlation, generator))
            mean, std = self._refit(scores)
            if guided is not None:
                guided = self._around_the_best(scores, len(guided), std, generator)
            best = _better(best, scores, mean, iteration)
            longest = max(longest, self._clock() - begun)
        if self._clock() - started + longest <= self._config.deadline:
            best = _better(best, score(mean[None]), mean, best.iterations)
        return best

    def _draw(
        self,
        mean: Tensor,
        std: Tensor,
        chosen: Sequence[Tensor],
        guided: Tensor | None,
        correlation: float,
        generator: torch.Generator,
    ) -> Tensor:
        """-> (S, H, A), `chosen` first, `guided` last; drawn on the CPU, so that one seed means the same on every device."""
        horizon, dimension = mean.shape
        white = torch.randn(self._config.samples, horizon, dimension, generator=generator)
        noise = torch.einsum("hk,ska->sha", _correlation_root(horizon, correlation), white)
        actions = mean + std * noise.to(mean)
        if guided is not None:
            actions[-len(guided) :] = guided
        chosen = chosen[: self._config.samples]
        actions[: len(chosen)] = torch.stack(list(chosen))
        return actions

    def _around_the_best(self, scores: Scores, count: int, std: Tensor, generator: torch.Generator) -> Tensor:
        """-> (count, H, A), `count` white draws around the best tenth (or what `elites` says) of the last `count`."""
        best = torch.topk(scores.costs[-count:], max(1, round(self._config.elites * count)), largest=False).indices
        centres = scores.candidates.actions[-count:][best]
        noise = torch.randn(count, *std.shape, generator=generator).to(std)
        return centres[torch.arange(count, device=std.device) % len(centres)] + std * noise

    def _refit(self, scores: Scores) -> tuple[Tensor, Tensor]:
        finite = int(torch.isfinite(scores.costs).sum())
        if finite == 0:
            raise PlanningError(f"none of {len(scores.costs)} imagined futures has a finite cost")
        rows = torch.topk(scores.costs, min(self._elites, finite), largest=False).indices
        elites = scores.candidates.actions[rows]
        return elites.mean(0), elites.std(0, correction=0).clamp(min=self._config.min_std)


def _actions(found: Found) -> Tensor:
    return found.scores.candidates.actions[found.row]


def _better(best: Found | None, scores: Scores, mean: Tensor, iterations: int) -> Found:
    row = int(scores.costs.argmin())
    cost = float(scores.costs[row])
    if best is not None and best.cost <= cost:
        return Found(best.scores, best.row, best.cost, mean, iterations)
    return Found(scores, row, cost, mean, iterations)


def _correlation_root(horizon: int, correlation: float) -> Tensor:
    """(H, H), the Cholesky root of correlation^|h - k|: every step keeps unit variance."""
    steps = torch.arange(horizon, dtype=torch.float64)
    return torch.linalg.cholesky(correlation ** (steps[:, None] - steps).abs()).float()
