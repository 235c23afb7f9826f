"""Fits the probes of a trained world model on its frozen latents."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wm_core.config import TrainingConfig
from wm_core.model.heads import Probe
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import Episodes

_BATCH = 1024


def fit_probes(model: JepaWorldModel, episodes: Episodes, config: TrainingConfig) -> None:
    """Fits the readings of tool position and joints in place; nothing else of `model` changes."""
    model.eval()
    latents = _visual_latents(model, episodes.images)
    _fit(model.tool_probe, latents, _targets(episodes.tool, model.device), config)
    _fit(model.joint_probe, latents, _targets(episodes.joints, model.device), config)


@torch.no_grad()
def _visual_latents(model: JepaWorldModel, images: np.ndarray) -> Tensor:
    """images: (N, T, 3, h, w) uint8 -> (N * T, D)"""
    flat = torch.from_numpy(images).flatten(0, 1)
    return torch.cat([model.encoder.visual(part.to(model.device)) for part in flat.split(_BATCH)])


def _targets(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(values).flatten(0, 1).to(device)


def _fit(probe: Probe, latents: Tensor, targets: Tensor, config: TrainingConfig) -> None:
    probe.mean.copy_(targets.mean(0))
    probe.std.copy_(targets.std(0).clamp_min(1e-6))
    generator = torch.Generator().manual_seed(config.seed)
    optimiser = torch.optim.AdamW(probe.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.probe_steps)
    for _ in range(config.probe_steps):
        rows = torch.randint(len(latents), (_BATCH,), generator=generator).to(latents.device)
        loss = functional.mse_loss((probe(latents[rows]) - probe.mean) / probe.std, (targets[rows] - probe.mean) / probe.std)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
