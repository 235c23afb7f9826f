"""Terms of the training loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wm_core.config import LossConfig
from wm_core.model.encoder import ConvEncoder
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.metric_loss import metric_loss, metric_targets
from wm_core.training.regularisers import regularisation
from wm_core.training.windows import Windows


@dataclass(frozen=True)
class LossTerms:
    """Scalars of one batch, unweighted, and their weighted sum `total` ()."""

    total: Tensor
    prediction: Tensor
    regularisation: Tensor
    inverse_dynamics: Tensor


def world_model_loss(
    model: JepaWorldModel,
    windows: Windows,
    weights: LossConfig,
    generator: torch.Generator,
    target: ConvEncoder | None = None,
) -> LossTerms:
    """Latent prediction over a rollout, with gradients through the targets, kept from collapse by a regulariser.

    target: the encoder whose latents are predicted instead, without gradients, for the regulariser 'ema'.
    """
    felt = proprioception(model, windows)
    latents = model.encoder(windows.images, felt)
    aims = latents
    if target is not None:
        with torch.no_grad():
            aims = target(windows.images, felt)
    imagined = imagine(model, latents, windows.actions)
    visual = latents[..., : model.config.visual_dim]
    prediction = (imagined - aims[:, model.history :]).square().mean()
    regular = regularisation(model, latents, weights, generator)
    # Imagined futures must be straight in the metric too: it is on them that the planner measures.
    dreamt = torch.cat([latents[:, : model.history], imagined], dim=1)[..., : model.config.visual_dim]
    targets = metric_targets(model, windows, weights)
    inverse = 0.5 * sum(metric_loss(model, part, targets, weights) for part in (visual, dreamt))
    doubt = ensemble_loss(model, latents.detach(), aims.detach(), windows.actions, generator)
    total = (
        weights.prediction * (prediction + doubt)
        + weights.regularisation * regular
        + weights.inverse_dynamics * inverse
    )
    return LossTerms(total, prediction, regular, inverse)


def proprioception(model: JepaWorldModel, windows: Windows) -> Tensor:
    """What the arm feels of itself: (B, T, J) rad, then m of gripper opening where the model has one."""
    if not model.config.gripper:
        return windows.joints
    return torch.cat([windows.joints, windows.gripper[..., None]], dim=-1)


def imagine(
    model: JepaWorldModel, latents: Tensor, actions: Tensor, predictor: nn.Module | None = None
) -> Tensor:
    """latents: (B, T, D), actions: (B, T - 1, A) -> (B, T - K, D), predicted open loop from the first K.

    predictor: a member of the ensemble, by default the one that plans.
    """
    state = latents[:, : model.history]
    steps = []
    for action in actions[:, model.history - 1 :].unbind(1):
        state = model.next(state, action, predictor)
        steps.append(state[:, -1])
    return torch.stack(steps, dim=1)


def ensemble_loss(
    model: JepaWorldModel, latents: Tensor, aims: Tensor, actions: Tensor, generator: torch.Generator
) -> Tensor:
    """Prediction error of the other members of the ensemble, summed: each learns from a bootstrap of the batch.

    Latents come detached: the members watch the encoder and do not shape it. Weights are exponential (Bayesian
    bootstrap, Rubin 1981): no window is left out for nothing.
    """
    total = latents.new_zeros(())
    for member in model.other_predictors:
        shares = torch.empty(len(latents)).exponential_(generator=generator).to(latents)
        error = (imagine(model, latents, actions, member) - aims[:, model.history :]).square().mean((1, 2))
        total = total + (shares * error).mean()
    return total
