"""Has the latent collapsed? Passing is necessary and proves little."""

from __future__ import annotations

import torch

from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.encoded import EncodedEpisodes
from wm_core.probing.result import Detector, at_least, at_most, reported

GROUP = "collapse"
DEAD = 0.05  # a standard deviation below this tells nothing: training asks for 1


@torch.no_grad()
def collapse_detectors(model: JepaWorldModel, encoded: EncodedEpisodes) -> list[Detector]:
    """Of the visual latent."""
    visual = encoded.latents[..., : model.config.visual_dim].flatten(0, 1)
    centred = visual - visual.mean(0)
    spread = torch.linalg.svdvals(centred).square()
    share = spread / spread.sum().clamp_min(1e-12)
    rank = torch.exp(-(share * share.clamp_min(1e-12).log()).sum())  # entropy of the spectrum, Roy and Vetterli 2007
    std = centred.std(0)
    return [
        at_least(GROUP, "effective rank", float(rank), 8.0, detail=f"of {visual.shape[1]} dimensions"),
        reported(GROUP, "std of a dimension, median", float(std.median())),
        reported(GROUP, "std of a dimension, smallest", float(std.min())),
        at_most(GROUP, "dead dimensions", float((std < DEAD).sum()), 0.0, detail=f"std below {DEAD:g}"),
    ]
