"""How wrong a world model was about an episode."""

from __future__ import annotations

import torch

from wm_core.model.world_model import JepaWorldModel
from wm_core.training.hdf5_shard import Episode


@torch.inference_mode()
def one_step_error(model: JepaWorldModel, episode: Episode) -> float:
    """m, mean over the steps: how far from the real next moment the metric sees the predicted one.

    Every step is predicted from the real moments before it. `model` in evaluation mode.
    """
    felt = torch.from_numpy(episode.joints)
    if model.config.gripper:
        felt = torch.cat([felt, torch.from_numpy(episode.gripper)[:, None]], dim=-1)
    pictures = torch.from_numpy(episode.images[:, : 3 * model.config.views])
    actions = torch.from_numpy(episode.actions)
    latents = model.encoder(pictures[None].to(model.device), felt[None].to(model.device))[0]
    # (T + 1 - K, K, D): every run of K moments but the last, which has no next one.
    past = latents.unfold(0, model.history, 1).transpose(1, 2)[:-1]
    predicted = model.next(past, actions[model.history - 1 :].to(model.device))[:, -1]
    visual = slice(0, model.config.visual_dim)
    off = model.metric(predicted[:, visual]) - model.metric(latents[model.history :, visual])
    return float(off.norm(dim=-1).mean())
