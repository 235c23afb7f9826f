"""A whole dataset as a frozen world model sees it, small enough for memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import Dataset


@dataclass(frozen=True, eq=False)
class LatentCache:
    """N episodes of T actions.

    latents: (N, T + 1, D) float16. actions: (N, T, A), normalised: displacement in longest steps, then the gripper's
    command where there is one, with "as it is" replaced by the last command given. carried: (N, T, 3) m.
    """

    latents: Tensor
    actions: np.ndarray
    carried: np.ndarray


@torch.no_grad()
def cache_latents(model: JepaWorldModel, dataset: Dataset, tell: Callable[[int], None] = lambda done: None) -> LatentCache:
    """Streams every picture once. tell: called with the number of episodes done."""
    latents = torch.empty(len(dataset), dataset.steps + 1, model.config.visual_dim + model.config.joint_dim, dtype=torch.float16)
    for number in range(len(dataset)):
        felt = dataset.joints[number]
        if model.config.gripper:
            felt = np.concatenate([felt, dataset.gripper[number][:, None]], axis=-1)
        images, felt = (torch.from_numpy(part)[None].to(model.device) for part in (dataset.images(number), felt))
        latents[number] = model.encoder(images, felt)[0].cpu()
        tell(number + 1)
    actions = dataset.actions.astype(np.float32).copy()
    actions[..., : model.config.motion_dim] /= model.config.max_step
    for command in range(model.config.motion_dim, model.config.action_dim):
        actions[..., command] = hold_command(actions[..., command])
    return LatentCache(latents, actions, dataset.carried)


def hold_command(commands: np.ndarray) -> np.ndarray:
    """(N, T) of -1, 0, +1 -> the same with every 0 replaced by the last command before it, if there was one.

    Data says some commands again and leaves others out, at random; what the fingers were told is the same.
    """
    moments = np.arange(commands.shape[1])
    last = np.maximum.accumulate(np.where(commands != 0.0, moments, -1), axis=1)
    held = np.take_along_axis(commands, np.maximum(last, 0), axis=1)
    return np.where(last >= 0, held, 0.0).astype(commands.dtype)
