"""Does the model predict, and because of the actions?"""

from __future__ import annotations

import torch
from torch import Tensor

from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.encoded import EncodedEpisodes, Moments, draw_moments, histories
from wm_core.probing.result import Detector, at_least, at_most

GROUP = "prediction"
HORIZONS = (1, 5, 10)
WINDOWS = 512


@torch.no_grad()
def prediction_detectors(model: JepaWorldModel, encoded: EncodedEpisodes, seed: int) -> list[Detector]:
    """Errors of open-loop rollouts over all of the latent; horizons that the episodes are too short for are left out."""
    known = [horizon for horizon in HORIZONS if horizon <= encoded.steps - model.history + 1]
    found = []
    for horizon in known:
        # One step hardly moves anything: there, persistence is hard to beat.
        limit = 0.5 if horizon == 1 else 0.3
        for touched in (False, True):
            places = draw_moments(encoded, model.history, horizon, WINDOWS, seed, touched)
            if not len(places.episode):
                continue
            error, still, shuffled = _errors(model, encoded, places, horizon)
            where = ", in contact" if touched else ""
            name = f"error / persistence, H = {horizon}{where}"
            found.append(at_most(GROUP, name, error / still, limit, detail=f"{len(places.episode)} windows"))
            if horizon == known[-1] and len(places.episode) > 1:
                name = f"error with shuffled actions / true ones, H = {horizon}{where}"
                found.append(at_least(GROUP, name, shuffled / error, 2.0, detail="1: actions are ignored"))
    return found


def _errors(model: JepaWorldModel, encoded: EncodedEpisodes, places: Moments, horizon: int) -> tuple[float, float, float]:
    start = histories(encoded, places, model.history)
    ahead = places.moment[:, None] + torch.arange(horizon, device=places.moment.device)
    actions = encoded.actions[places.episode[:, None], ahead]
    truth = encoded.latents[places.episode, places.moment + horizon]
    guesses = (_end(model, start, actions), start[:, -1], _end(model, start, actions.roll(1, 0)))
    error, still, shuffled = (float((guess - truth).square().mean()) for guess in guesses)
    return error, still, shuffled


def _end(model: JepaWorldModel, start: Tensor, actions: Tensor) -> Tensor:
    state = start
    for action in actions.unbind(1):
        state = model.next(state, action)
    return state[:, -1]
