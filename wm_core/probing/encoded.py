"""Episodes as the frozen model sees them; every detector that needs no simulator works on these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.sight import encode_episode

if TYPE_CHECKING:
    from wm_core.training.dataset import Dataset


@dataclass(frozen=True, eq=False)
class EncodedEpisodes:
    """N episodes of T actions, on the model's device.

    latents: (N, T + 1, D), each moment by itself, the visual part first; joints (N, T + 1, J) rad; gripper (N, T + 1) m;
    tool, object (N, T + 1, 3) m, ground truth; actions (N, T, A); touch (N, T).
    """

    latents: Tensor
    joints: Tensor
    gripper: Tensor
    tool: Tensor
    object: Tensor
    actions: Tensor
    touch: Tensor

    @property
    def steps(self) -> int:
        """T"""
        return self.actions.shape[1]


def encode_episodes(model: JepaWorldModel, dataset: Dataset, limit: int, seed: int) -> EncodedEpisodes:
    """At most `limit` episodes, drawn without replacement."""
    rows = np.sort(np.random.default_rng([seed, 9]).permutation(len(dataset))[:limit])
    episodes = [dataset.episode(int(row)) for row in rows]
    numbers = {
        name: torch.from_numpy(np.stack([getattr(episode, name) for episode in episodes])).to(model.device)
        for name in ("joints", "gripper", "tool", "object", "actions", "touch")
    }
    return EncodedEpisodes(torch.stack([encode_episode(model, episode) for episode in episodes]), **numbers)


@dataclass(frozen=True, eq=False)
class Moments:
    """Places in episodes: episode (M,) and moment (M,), with a full history before and `ahead` actions after each."""

    episode: Tensor
    moment: Tensor


def draw_moments(
    encoded: EncodedEpisodes, history: int, ahead: int, count: int, seed: int, touched: bool = False
) -> Moments:
    """At most `count` places without replacement. touched: only where something is touched in the actions ahead."""
    first, last = history - 1, encoded.steps - ahead
    places = torch.cartesian_prod(torch.arange(len(encoded.actions)), torch.arange(first, last + 1)).reshape(-1, 2)
    if touched:
        felt = encoded.touch.cpu().unfold(1, ahead, 1)[places[:, 0], places[:, 1]]
        places = places[(felt > 0.0).any(1)]
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(seed))[:count]
    return Moments(*places[order].T.to(encoded.actions.device))


def histories(encoded: EncodedEpisodes, places: Moments, history: int) -> Tensor:
    """-> (M, K, D), oldest first."""
    back = torch.arange(1 - history, 1, device=places.moment.device)
    return encoded.latents[places.episode[:, None], places.moment[:, None] + back]
