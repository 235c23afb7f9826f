"""Fits the probes of a trained world model on its frozen latents."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wm_core.config import TrainingConfig
from wm_core.model.heads import Probe
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import Dataset

_BATCH = 1024
_MEMORY = 2**30  # bytes of latents


def fit_probes(model: JepaWorldModel, dataset: Dataset, config: TrainingConfig) -> None:
    """Fits the readings of tool, joints and object in place; nothing else of `model` changes."""
    model.eval()
    episodes = _within_memory(len(dataset), (dataset.steps + 1) * model.config.visual_dim * 4, config.seed)
    latents = _visual_latents(model, dataset, episodes)
    _fit(model.tool_probe, latents, _targets(dataset.tool[episodes], model.device), config)
    _fit(model.joint_probe, latents, _targets(dataset.joints[episodes], model.device), config)
    if model.object_probe is not None:
        _fit(model.object_probe, latents, _targets(dataset.object[episodes], model.device), config)


def _within_memory(episodes: int, bytes_each: int, seed: int) -> np.ndarray:
    """Numbers of the episodes whose latents fit, in order: all of them unless the latent is large."""
    kept = max(1, min(episodes, _MEMORY // bytes_each))
    return np.sort(np.random.default_rng([seed, 7]).permutation(episodes)[:kept])


@torch.no_grad()
def _visual_latents(model: JepaWorldModel, dataset: Dataset, episodes: np.ndarray) -> Tensor:
    """-> (N * (T + 1), D); pictures are read a few episodes at a time"""
    group = max(1, _BATCH // (dataset.steps + 1))
    found = []
    for start in range(0, len(episodes), group):
        pictures = np.concatenate([dataset.images(number) for number in episodes[start : start + group]])
        found.append(model.encoder.visual(torch.from_numpy(pictures).to(model.device)))
    return torch.cat(found)


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
