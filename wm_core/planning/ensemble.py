"""How sure a world model is of a plan, where it can say so."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from wm_core.protocols import WorldModel


@runtime_checkable
class EnsembleModel(Protocol):
    """A `WorldModel` of several predictors; `rollout` uses the first alone."""

    ensemble: int

    def uncertainty(self, latent: Tensor, controls: Tensor) -> Tensor:
        """latent: (*latent), controls: (H, A) -> (H,) m, how far apart the predictors see the end of each step."""


def plan_uncertainty(world_model: WorldModel | None, latent: Tensor | None, controls: Tensor) -> Tensor | None:
    """-> (H,) m; None where nothing was imagined or the model has one predictor only."""
    if latent is None or not isinstance(world_model, EnsembleModel) or world_model.ensemble < 2:
        return None
    return world_model.uncertainty(latent, controls)
