"""Model-predictive path integral control: the mean of all samples, weighted by how good they are."""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.planning.draws import correlation_root
from wm_core.planning.evaluator import Scores
from wm_core.planning.sampling import SamplingSearch


class PathIntegralSearch(SamplingSearch):
    """MPPI (Williams et al. 2017, Information Theoretic MPC), with noise that is correlated in time.

    The mean becomes that of all samples, weighted by exp(-(cost - least cost) / lambda). lambda is `temperature` times how
    much more the last of the elites costs than the best: costs of different goals have different units, and touching an
    obstacle costs so much that no average of all costs would do. Noise is around the present mean and counted from there,
    so its cost has no term of its own; proposals are weighted like samples (Biased-MPPI, arXiv 2401.09241). The noise is
    not refitted: it shrinks by `annealing` every iteration, because a mean settles only as far as its noise does.
    """

    def _root(self, horizon: int, iteration: int) -> Tensor:
        return correlation_root(horizon, self._config.correlation)

    def _refit(self, scores: Scores, mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
        ranked = self._best(scores, self.elites)
        warmth = (self._config.mppi.temperature * ranked.spread()).clamp(min=1e-9)
        weights = torch.softmax((ranked.costs[0] - scores.costs) / warmth, dim=0)  # inf weighs nothing
        weighted = torch.einsum("s,sha->ha", weights, scores.candidates.actions)
        return weighted, (self._config.mppi.annealing * std).clamp(min=self._config.min_std)
