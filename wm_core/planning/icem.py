"""The improved cross-entropy method: coloured noise, fewer samples every iteration, elites that stay."""

from __future__ import annotations

from torch import Tensor

from wm_core.planning.draws import coloured_root
from wm_core.planning.evaluator import Scores
from wm_core.planning.sampling import SamplingSearch


class ImprovedCrossEntropySearch(SamplingSearch):
    """iCEM (Pinneri et al. 2020, arXiv 2008.06389).

    Noise is coloured in every iteration, the population shrinks by `shrink` but holds twice the elites, a share of the
    elites stands among the next iteration's samples and, shifted in time, among the next plan's, and the refit has a
    momentum. Other than there the mean is a sample of every iteration, and samples are not clamped.
    """

    def _root(self, horizon: int, iteration: int) -> Tensor:
        return coloured_root(horizon, self._config.icem.noise_exponent)

    def _population(self, iteration: int) -> int:
        shrunk = round(self._config.samples * self._config.icem.shrink ** (1 - iteration))
        return min(self._config.samples, max(shrunk, 2 * self.elites))

    def _refit(self, scores: Scores, mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
        elites = self._best(scores, self.elites)
        rest = self._config.icem.momentum
        mean = rest * mean + (1.0 - rest) * elites.mean()
        std = rest * std + (1.0 - rest) * elites.std()
        return mean, std.clamp(min=self._config.min_std)

    def _keep(self, scores: Scores) -> Tensor | None:
        count = round(self._config.icem.kept * self.elites)
        return self._best(scores, count).actions if count else None
