"""Goes on from what a search has found, downhill."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from typing import Callable

import torch
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.planning.evaluator import Scores
from wm_core.planning.search import Beginning, Budget, Found, Search, better

STEP = 0.05  # of the largest action: about how far one step of Adam moves every number
MOMENTS = (0.9, 0.99)  # decay of mean and square of the gradient


class GradientRefinement:
    """Implements `Search`: the best of another search, refined through candidates, rollout and cost.

    Adam (Kingma and Ba 2015) with steps of `STEP`. Every step is scored before it counts and the best is kept, so that it
    may end at any time and is never worse than without.
    """

    def __init__(self, inner: Search, config: PlannerConfig, clock: Callable[[], float] = time.perf_counter) -> None:
        self._inner, self._config, self._clock = inner, config, clock

    def search(
        self, score: Callable[[Tensor], Scores], begin: Beginning, generator: torch.Generator, started: float
    ) -> Found:
        """See `Search`. Raises `ValueError` where no gradient comes back from the world model."""
        budget = Budget(self._clock, started, self._config.deadline)

        def timed(actions: Tensor) -> Scores:
            with budget.evaluation():
                return score(actions)

        # Timed here, too: before the first step the evaluations of the sampling are all that tells how long one takes.
        best = self._inner.search(timed, begin, generator, started)
        actions = best.actions[None].clone()
        mean, square = torch.zeros_like(actions), torch.zeros_like(actions)
        for step in range(1, self._config.gradient_steps + 1):
            if not budget.fits():
                return best
            with budget.evaluation():
                scores, slope = _slope(score, actions)
            best = self._kept(best, scores)
            if not torch.isfinite(slope).all():
                return best
            mean = torch.lerp(slope, mean, MOMENTS[0])
            square = torch.lerp(slope.square(), square, MOMENTS[1])
            middle, size = mean / (1.0 - MOMENTS[0] ** step), (square / (1.0 - MOMENTS[1] ** step)).sqrt()
            actions = actions - STEP * middle / (size + 1e-8)
        return self._kept(best, score(actions)) if budget.fits() else best

    def _kept(self, best: Found, scores: Scores) -> Found:
        return replace(better(best, scores, best.mean, best.iterations), elites=best.elites)


def _slope(score: Callable[[Tensor], Scores], actions: Tensor) -> tuple[Scores, Tensor]:
    """actions: (1, H, A) -> their scores, detached, and how the cost changes with them, (1, H, A)"""
    actions = actions.detach().requires_grad_()
    with torch.enable_grad():
        scores = score(actions)
        latents = scores.candidates.latents
        if not scores.costs.requires_grad or (latents is not None and not latents.requires_grad):
            raise ValueError("gradient_steps is not 0, and no gradient comes back from the world model")
        (slope,) = torch.autograd.grad(scores.costs.sum(), actions)
    return _detached(scores), slope


def _detached(scores: Scores) -> Scores:
    parts = {part.name: getattr(scores.candidates, part.name) for part in fields(scores.candidates)}
    plain = {name: value if value is None else value.detach() for name, value in parts.items()}
    return Scores(replace(scores.candidates, **plain), scores.costs.detach(), scores.shares.detach(), scores.names)
