"""The best of a population, for refits."""

from __future__ import annotations

from dataclasses import dataclass

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
        return self.actions.mean(0) if self.finite is None else self._average(self.actions)

    def std(self) -> Tensor:
        """-> (H, A), about their own mean"""
        if self.finite is None:
            return self.actions.std(0, correction=0)
        return self._average((self.actions - self.mean()).square()).sqrt()

    def spread(self) -> Tensor:
        """-> (), how much more the last of them costs than the best"""
        if self.finite is None:
            return self.costs[-1] - self.costs[0]
        return self.costs.masked_fill(~self.finite, -torch.inf).amax() - self.costs[0]

    def _average(self, values: Tensor) -> Tensor:
        counted = self.finite[:, None, None]
        return values.masked_fill(~counted, 0.0).sum(0) / counted.sum(0)


def best_of(scores: Scores, count: int, waits: bool) -> Elites:
    """The best `count`, fewer where fewer have a finite cost.

    waits: on the host, to learn how many those are; else there are always `count`, and `finite` says which of them count.
    """
    if not waits:
        costs, rows = torch.topk(scores.costs, min(count, len(scores.costs)), largest=False)
        return Elites(scores.candidates.actions[rows], costs, torch.isfinite(costs))
    finite = int(torch.isfinite(scores.costs).sum())
    costs, rows = torch.topk(scores.costs, min(count, finite), largest=False)
    return Elites(scores.candidates.actions[rows], costs)
