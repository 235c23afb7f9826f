"""The best of a population, for refits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from wm_core.planning.evaluator import Scores


@dataclass(frozen=True)
class Elites:
    """actions: (K, H, A), the best first; costs: (K,). finite: (K,), which of them count, None where all do."""

    actions: Tensor
    costs: Tensor
    finite: Tensor | None = None

    def mean(self) -> Tensor:
        """-> (H, A)"""
        return self.actions.mean(0) if self.finite is None else self._moments[0]

    def std(self) -> Tensor:
        """-> (H, A), about their own mean"""
        return self.actions.std(0, correction=0) if self.finite is None else self._moments[1]

    def spread(self) -> Tensor:
        """-> (), how much more the last of them costs than the best"""
        if self.finite is None:
            return self.costs[-1] - self.costs[0]
        return self.costs.masked_fill(~self.finite, -torch.inf).amax() - self.costs[0]

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        """Mean and std of those that count; of as few operations as possible, each of them is a launch."""
        weights = self.finite / self.finite.sum()
        actions = torch.where(self.finite[:, None, None], self.actions, 0.0)
        mean = torch.tensordot(weights, actions, 1)
        return mean, torch.tensordot(weights, (actions - mean).square(), 1).sqrt()


def best_of(scores: Scores, count: int, waits: bool) -> Elites:
    """The best `count`, fewer where fewer have a finite cost.

    waits: on the host, to learn how many those are; else there are always `count`, and `finite` says which of them count.
    """
    if not waits:
        costs, rows = torch.topk(scores.costs, min(count, len(scores.costs)), largest=False)
        return Elites(scores.candidates.actions[rows], costs, costs < torch.inf)  # costs are numbers or inf
    finite = int(torch.isfinite(scores.costs).sum())
    costs, rows = torch.topk(scores.costs, min(count, finite), largest=False)
    return Elites(scores.candidates.actions[rows], costs)
