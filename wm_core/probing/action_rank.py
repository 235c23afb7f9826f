"""Would the model recognise the action that was really done?"""

from __future__ import annotations

import torch

from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.encoded import EncodedEpisodes, draw_moments, histories
from wm_core.probing.result import Detector, at_most

GROUP = "actions"
RANDOM = 63
PLACES = 256


@torch.no_grad()
def action_rank_detectors(model: JepaWorldModel, encoded: EncodedEpisodes, seed: int) -> list[Detector]:
    """Share of 63 actions from elsewhere in the data whose predicted next latent is nearer to the true one."""
    found = []
    for touched, where in ((False, ""), (True, ", in contact")):
        places = draw_moments(encoded, model.history, 1, PLACES, seed, touched)
        count = len(places.episode)
        if not count:
            continue
        start = histories(encoded, places, model.history)
        true = encoded.actions[places.episode, places.moment]
        pool = encoded.actions.flatten(0, 1)
        drawn = torch.randint(len(pool), (count, RANDOM), generator=torch.Generator().manual_seed(seed))
        actions = torch.cat([true[:, None], pool[drawn.to(pool.device)]], dim=1)
        many = start.repeat_interleave(RANDOM + 1, dim=0)
        futures = model.next(many, actions.flatten(0, 1))[:, -1].unflatten(0, (count, RANDOM + 1))
        error = (futures - encoded.latents[places.episode, places.moment + 1][:, None]).square().mean(-1)
        others, own = error[:, 1:], error[:, :1]
        # Ties count half: a model that ignores actions gets 0.5.
        rank = ((others < own).float() + 0.5 * (others == own).float()).mean()
        name = f"rank of the true action among {RANDOM} others{where}"
        found.append(at_most(GROUP, name, float(rank), 0.15, detail=f"0: best, 0.5: chance; {count} moments"))
    return found
