"""The cross-entropy method: refit to the best."""

from __future__ import annotations

from torch import Tensor

from wm_core.planning.draws import correlation_root
from wm_core.planning.evaluator import Scores
from wm_core.planning.sampling import SamplingSearch


class CrossEntropySearch(SamplingSearch):
    """CEM (Rubinstein 1999) with what makes a small budget enough.

    The first draw's noise is correlated in time, which reaches further; later draws are white, which settles.
    """

    def _root(self, horizon: int, iteration: int) -> Tensor:
        return correlation_root(horizon, self._config.correlation if iteration == 1 else 0.0)

    def _refit(self, scores: Scores, mean: Tensor, std: Tensor) -> tuple[Tensor, Tensor]:
        elites = self._best(scores, self.elites)
        return elites.mean(), elites.std().clamp(min=self._config.min_std)
