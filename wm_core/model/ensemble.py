"""How far apart the predictors of an ensemble see futures end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from wm_core.model.world_model import JepaWorldModel

MemberRollout = Callable[[Tensor, Tensor, nn.Module], Tensor]


def ensemble_spread(model: JepaWorldModel, rollout: MemberRollout, latent: Tensor, controls: Tensor) -> Tensor:
    """latent: (K, D), controls: (..., H, A) -> (..., H) m, at the end of each step, over the predictors of `model`.

    Root mean square of what the metric reads off their mean. rollout: (K, D), (S, H, A), predictor -> (S, H, K, D).
    Raises `ValueError` for a model of one predictor.
    """
    if model.ensemble < 2:
        raise ValueError("the model has one predictor only: it cannot tell how sure it is")
    flat, size = controls.reshape(-1, *controls.shape[-2:]), model.config.visual_dim
    futures = [rollout(latent, flat, member) for member in (model.predictor, *model.other_predictors)]
    read = torch.stack([model.metric(future[..., -1, :size]) for future in futures])  # (M, S, H, P)
    spread = (read - read.mean(0)).square().sum(-1).mean(0).sqrt()
    return spread.reshape(controls.shape[:-1])
