"""What keeps a latent from collapsing."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from wm_core.config import LossConfig
from wm_core.model.world_model import JepaWorldModel


def regularisation(model: JepaWorldModel, latents: Tensor, weights: LossConfig, generator: torch.Generator) -> Tensor:
    """latents: (B, T, D) -> (), as `weights.regulariser` says."""
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
