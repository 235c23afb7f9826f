"""Terms of the training loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from wm_core.config import LossConfig
from wm_core.model.world_model import JepaWorldModel


@dataclass(frozen=True)
class LossTerms:
    """Scalars of one batch, unweighted, and their weighted sum `total` ()."""

    total: Tensor
    prediction: Tensor
    regularisation: Tensor
    inverse_dynamics: Tensor


@dataclass(frozen=True)
class Windows:
    """A batch of windows of T moments, V views.

    images: (B, T, 3V, h, w) uint8; joints: (B, T, J) rad; gripper: (B, T) m opening, 0 where there is none.
    tool, object: (B, T, 3) m, ground truth; the object's is for probes and diagnosis, never for a loss of the latent.
    actions: (B, T - 1, A) as commanded; carried: (B, T - 1, 3) m and touch: (B, T - 1), see `wm_core.types.Felt`.
    """

    images: Tensor
    joints: Tensor
    gripper: Tensor
    tool: Tensor
    object: Tensor
    actions: Tensor
    carried: Tensor
    touch: Tensor


def world_model_loss(model: JepaWorldModel, windows: Windows, weights: LossConfig, generator: torch.Generator) -> LossTerms:
    """Latent prediction over a rollout, with gradients through the targets, kept from collapse by a regulariser."""
    latents = model.encoder(windows.images, windows.joints)
    imagined = imagine(model, latents, windows.actions)
    visual = latents[..., : model.config.visual_dim]
    prediction = (imagined - latents[:, model.history :]).square().mean()
    if weights.regulariser == "sigreg":
        regularisation = sigreg(latents.flatten(0, 1), generator)
    else:
        regularisation = vicreg(latents.flatten(0, 1))
    # Imagined futures must be straight in the metric too: it is on them that the planner measures.
    dreamt = torch.cat([latents[:, : model.history], imagined], dim=1)[..., : model.config.visual_dim]
    inverse = 0.5 * (_straightness(model, visual, windows.actions) + _straightness(model, dreamt, windows.actions))
    total = (
        weights.prediction * prediction
        + weights.regularisation * regularisation
        + weights.inverse_dynamics * inverse
    )
    return LossTerms(total, prediction, regularisation, inverse)


def imagine(model: JepaWorldModel, latents: Tensor, actions: Tensor) -> Tensor:
    """latents: (B, T, D), actions: (B, T - 1, A) -> (B, T - K, D), predicted open loop from the first K"""
    state = latents[:, : model.history]
    steps = []
    for action in actions[:, model.history - 1 :].unbind(1):
        state = model.next(state, action)
        steps.append(state[:, -1])
    return torch.stack(steps, dim=1)


def sigreg(latents: Tensor, generator: torch.Generator, slices: int = 256, knots: int = 17) -> Tensor:
    """Distance of latents (N, D) from an isotropic Gaussian: Epps-Pulley statistic along random directions.

    Source: LeJEPA, arXiv 2511.08544, SIGReg; integrated over t in [-3, 3] under a Gaussian window.
    """
    directions = torch.randn(latents.shape[1], slices, generator=generator).to(latents)
    directions = directions / directions.norm(dim=0)
    t = torch.linspace(0.0, 3.0, knots, device=latents.device)
    phase = (latents @ directions)[..., None] * t
    gaussian = torch.exp(-0.5 * t.square())
    error = (phase.cos().mean(0) - gaussian).square() + phase.sin().mean(0).square()
    # The integrand is even: twice the half axis.
    return 2.0 * len(latents) * torch.trapezoid(error * gaussian, t, dim=-1).mean()


def vicreg(latents: Tensor) -> Tensor:
    """Variance and covariance terms (VICReg, arXiv 2105.04906, equations 1 and 3) of latents (N, D)."""
    centred = latents - latents.mean(0)
    spread = functional.relu(1.0 - (centred.var(0) + 1e-4).sqrt()).mean()
    covariance = centred.T @ centred / (len(latents) - 1)
    off_diagonal = covariance.square().sum() - covariance.diagonal().square().sum()
    return 25.0 * spread + off_diagonal / latents.shape[1]


def _straightness(model: JepaWorldModel, visual: Tensor, actions: Tensor) -> Tensor:
    # Every pair of moments in the window; displacement in units of the longest action.
    travelled = functional.pad(actions.cumsum(1), (0, 0, 1, 0)) / model.config.max_step
    mapped = model.metric(visual) / model.config.max_step
    error = (mapped - travelled).unsqueeze(2) - (mapped - travelled).unsqueeze(1)
    return error.square().mean()
