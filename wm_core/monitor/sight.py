"""What the gate takes from pictures and joints, live and from episodes on disk alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from wm_core.model.inputs import stack_pictures
from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.early_features import EarlyFeatures
from wm_core.monitor.usual_picture import coarse
from wm_core.types import Observation

if TYPE_CHECKING:
    from wm_core.training.hdf5_shard import Episode
    from wm_core.training.manifest import Manifest


def require_fit(model: JepaWorldModel, manifest: Manifest) -> None:
    """Raises `ValueError` for a dataset of other pictures, steps or actions than the model's."""
    config = model.config
    # More cameras may look on than the model sees with.
    there = (manifest.image_size, min(manifest.views, config.views), manifest.step, manifest.action_dim)
    here = (config.image_size, config.views, config.step, config.action_dim)
    if there != here:
        names = "pixels, views, seconds a step, action dimensions"
        raise ValueError(f"the dataset does not fit the model ({names}): it has {there}, expected {here}")


@dataclass(frozen=True, eq=False)
class Sight:
    """T moments one model step apart. histories: (T, K, D), each with what came before; early: (T, C, F).

    cells: (T, V, 3, C) uint8, the pictures of all cameras in cells; of `camera` alone where that is told.
    """

    histories: Tensor
    early: Tensor
    cells: Tensor
    camera: int | None = None


@torch.no_grad()
def see_window(
    model: JepaWorldModel, window: Sequence[Observation], views: int, camera: int | None = None
) -> Sight:
    """The newest of `history` observations, T = 1, with `views` cameras. camera: see `see_cells`."""
    with EarlyFeatures(model.encoder) as early:
        histories = model.encode(window)[None]
        return Sight(histories, early.take()[-1:], see_cells(model, window[-1], views, camera), camera)


@torch.no_grad()
def see_episode(model: JepaWorldModel, episode: Episode) -> Sight:
    """Every moment of an episode; before the first one the arm was at rest."""
    with EarlyFeatures(model.encoder) as early:
        encoded = encode_episode(model, episode)
        found = early.take()
    moments = torch.arange(len(encoded), device=encoded.device)[:, None]
    back = torch.arange(1 - model.history, 1, device=encoded.device)
    cells = coarse(torch.from_numpy(episode.images).to(model.device))
    return Sight(encoded[(moments + back).clamp_min(0)], found, cells)


def see_cells(model: JepaWorldModel, observation: Observation, views: int, camera: int | None = None) -> Tensor:
    """-> (1, V, 3, C) uint8. Raises `ValueError` for fewer cameras.

    camera: whose picture the observation's `image` is, where it is looked at alone: V = 1.
    """
    pictures = stack_pictures([observation], views if camera is None else 1, model.config.image_size)
    return coarse(torch.from_numpy(pictures).to(model.device))


@torch.no_grad()
def encode_episode(model: JepaWorldModel, episode: Episode) -> Tensor:
    """-> (T + 1, D), the encoding of every moment by itself."""
    felt = episode.joints
    if model.config.gripper:
        felt = np.concatenate([felt, episode.gripper[:, None]], axis=1)
    pictures = episode.images[:, : 3 * model.config.views]
    images, felt = (torch.from_numpy(values).to(model.device)[None] for values in (pictures, felt))
    return model.encoder(images, felt)[0]
