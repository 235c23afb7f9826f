"""Terms of the training loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from wm_core.config import LossConfig
from wm_core.model.encoder import ConvEncoder
from wm_core.model.world_model import JepaWorldModel

HALF_STROKE = 0.04  # m of gripper opening that weigh as much as the longest tool step


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
    carried_before: (B, 3) m and touched_before: (B,), summed from the episode's beginning to the window's.
    """

    images: Tensor
    joints: Tensor
    gripper: Tensor
    tool: Tensor
    object: Tensor
    actions: Tensor
    carried: Tensor
    touch: Tensor
    carried_before: Tensor
    touched_before: Tensor


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
    regularisation = _regularisation(model, latents, weights, generator)
    # Imagined futures must be straight in the metric too: it is on them that the planner measures.
    dreamt = torch.cat([latents[:, : model.history], imagined], dim=1)[..., : model.config.visual_dim]
    targets = felt_motion(model, windows)
    touched = windows.touched_before[:, None] + _cumulated((windows.touch > 0.0).to(visual)[..., None])[..., 0]
    inverse = 0.5 * sum(_straightness(model, part, targets, touched, weights) for part in (visual, dreamt))
    doubt = ensemble_loss(model, latents.detach(), aims.detach(), windows.actions, generator)
    total = (
        weights.prediction * (prediction + doubt)
        + weights.regularisation * regularisation
        + weights.inverse_dynamics * inverse
    )
    return LossTerms(total, prediction, regularisation, inverse)


def proprioception(model: JepaWorldModel, windows: Windows) -> Tensor:
    """What the arm feels of itself: (B, T, J) rad, then m of gripper opening where the model has one."""
    if not model.config.gripper:
        return windows.joints
    return torch.cat([windows.joints, windows.gripper[..., None]], dim=-1)


def felt_motion(model: JepaWorldModel, windows: Windows) -> Tensor:
    """Targets of the action metric, (B, T, P) m from some moment of the episode on, in the order of its parts.

    Only differences mean anything, between any two moments of one episode. Of the object only what the arm felt, never where it is.
    """
    config = model.config
    if not config.gripper and not config.objects:
        return _cumulated(windows.actions)
    # An arm that meets something does not go where it was told: what it measures is the motion there was.
    parts = [windows.tool]
    if config.gripper:
        parts.append(windows.gripper[..., None])
    if config.objects:
        parts.append(windows.carried_before[:, None] + _cumulated(windows.carried))
    return torch.cat(parts, dim=-1)


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


def _regularisation(model: JepaWorldModel, latents: Tensor, weights: LossConfig, generator: torch.Generator) -> Tensor:
    if weights.regulariser == "ema":  # a slow target and the batch normalisation keep the latent apart
        return latents.new_zeros(())
    flat = latents.flatten(0, 1)
    if model.config.latent == "vector":
        parts = [flat]
    else:
        # Every cell is one more sample of the same channels: 64 times as many would cost 64 times as much, so one
        # cell of each picture is drawn.
        grid = flat[:, : model.config.visual_dim].reshape(len(flat), -1, model.config.grid**2)
        cell = torch.randint(grid.shape[2], (len(flat), 1, 1), generator=generator).to(flat.device)
        parts = [grid.gather(2, cell.expand(-1, grid.shape[1], 1))[..., 0], flat[:, model.config.visual_dim :]]
    if weights.regulariser == "sigreg":
        return torch.stack([sigreg(part, generator) for part in parts]).sum()
    return torch.stack([vicreg(part) for part in parts]).sum()


def _cumulated(steps: Tensor) -> Tensor:
    return functional.pad(steps.cumsum(1), (0, 0, 1, 0))


def _straightness(
    model: JepaWorldModel, visual: Tensor, travelled: Tensor, touched: Tensor, weights: LossConfig
) -> Tensor:
    """visual: (B, T, D_v), travelled: (B, T, P) m, touched: (B, T) steps with touch so far -> (), in longest actions"""
    metric = model.metric
    off = (metric(visual) - travelled) / model.config.max_step
    if weights.far_pairs:  # rows 2i and 2i + 1 are of one episode
        off, touched = off.unflatten(0, (-1, 2)).flatten(1, 2), touched.unflatten(0, (-1, 2)).flatten(1, 2)
    error = (off.unsqueeze(2) - off.unsqueeze(1)).square()  # every pair of moments
    total = error[..., metric.tool].mean()
    if model.config.gripper:
        # The whole stroke of 8 cm then weighs as much as two of the longest steps.
        total = total + (model.config.max_step / HALF_STROKE) ** 2 * error[..., metric.gripper].mean()
    if model.config.objects:
        # What was felt is exact where nothing was touched, and noisier with every touch in between.
        doubt = 1.0 + weights.touch_noise * (touched.unsqueeze(2) - touched.unsqueeze(1)).abs()
        total = total + weights.object * (error[..., metric.object] / doubt[..., None]).mean()
    return total
