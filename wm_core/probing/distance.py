"""Is the planner's cost monotone in what is really left to do?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.encoded import EncodedEpisodes
from wm_core.probing.rank_correlation import spearman
from wm_core.probing.result import Detector, at_least, reported
from wm_core.types import Focus

GROUP = "distance"
GOALS = 256
MOVED = 0.03  # m: in an episode whose object moved less, there is no order to find

Cost = Callable[[Tensor, Tensor], Tensor]


@torch.no_grad()
def distance_detectors(model: JepaWorldModel, encoded: EncodedEpisodes, seed: int) -> list[Detector]:
    """Mean rank correlation of cost and true distance, from every moment of an episode to one of its moments.

    Within episodes, because a planner compares futures of one scene.
    """
    def scene(latents: Tensor, goal: Tensor) -> Tensor:
        return model.goal_distance(latents[:, None], goal, Focus.SCENE)

    def part(latents: Tensor, goal: Tensor) -> Tensor:
        return model.goal_distance(latents[:, None], goal, Focus.OBJECT)

    def plain(latents: Tensor, goal: Tensor) -> Tensor:
        return torch.linalg.vector_norm(latents[:, : len(goal)] - goal, dim=-1)

    found: list[Detector] = []
    for name, truth, cost, limit in (
        ("planner's distance and tool", encoded.tool, scene, 0.9),
        ("plain latent distance and tool", encoded.tool, plain, None),
        ("planner's object distance and object", encoded.object, part if model.config.objects else None, 0.7),
        ("planner's distance and object", encoded.object, scene, None),
        ("plain latent distance and object", encoded.object, plain, None),
    ):
        episodes = torch.nonzero(torch.linalg.vector_norm(truth - truth[:, :1], dim=-1).amax(1) >= MOVED)[:, 0].tolist()
        if cost is None or not episodes:
            continue
        value, count = _correlation(model, encoded.latents, truth, episodes, cost, seed)
        detail = f"{count} goals in {len(episodes)} episodes"
        judged = limit is not None
        found.append(at_least(GROUP, name, value, limit, "", detail) if judged else reported(GROUP, name, value, "", detail))
    return found


def _correlation(
    model: JepaWorldModel, latents: Tensor, truth: Tensor, episodes: list[int], cost: Cost, seed: int
) -> tuple[float, int]:
    random = np.random.default_rng([seed, 10])
    values = []
    for number in range(GOALS):
        episode = episodes[number % len(episodes)]
        moment = int(random.integers(latents.shape[1]))
        there = latents[episode, moment, : model.config.visual_dim]
        left = torch.linalg.vector_norm(truth[episode] - truth[episode, moment], dim=-1)
        values.append(spearman(cost(latents[episode], there).cpu().numpy(), left.cpu().numpy()))
    return float(np.mean(values)), len(values)
