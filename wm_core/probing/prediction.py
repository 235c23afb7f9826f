"""Does the model predict, and because of the actions?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    """Errors of open-loop rollouts; horizons that the episodes are too short for are left out.

    Over all of the latent, most of which is about the arm; in contact also over what the metric says of the object.
    """
    known = [horizon for horizon in HORIZONS if horizon <= encoded.steps - model.history + 1]
    found = []
    for horizon in known:
        # One step hardly moves anything: there, persistence is hard to beat.
        limit = 0.5 if horizon == 1 else 0.3
        for touched, where in ((False, ""), (True, ", in contact")):
            places = draw_moments(encoded, model.history, horizon, WINDOWS, seed, touched)
            if not len(places.episode):
                continue
            guesses = _rollouts(model, encoded, places, horizon)
            error, still, _ = guesses.errors(_all)
            detail = f"{len(places.episode)} windows"
            found.append(at_most(GROUP, f"error / persistence, H = {horizon}{where}", error / still, limit, "", detail))
            if touched and model.config.objects:
                # Harder: where the object goes depends on how exactly it is met.
                error, still, _ = guesses.errors(lambda latent: _object(model, latent))
                name = f"object's part: error / persistence, H = {horizon}{where}"
                found.append(at_most(GROUP, name, error / still, 0.5, "", detail))
            if horizon == known[-1] and len(places.episode) > 1:
                error, _, shuffled = guesses.errors(_all)
                name = f"error with shuffled actions / true ones, H = {horizon}{where}"
                found.append(at_least(GROUP, name, shuffled / error, 2.0, "", "1: actions are ignored"))
    return found


@dataclass(frozen=True, eq=False)
class _Guesses:
    """Of M windows, (M, D) each: the true end, the predicted one, no change, and predicted with others' actions."""

    truth: Tensor
    guess: Tensor
    still: Tensor
    shuffled: Tensor

    def errors(self, read: Callable[[Tensor], Tensor]) -> tuple[float, float, float]:
        """Mean squared errors of guess, still and shuffled, of what `read` sees in a latent."""
        truth = read(self.truth)
        error, still, shuffled = (
            float((read(end) - truth).square().mean()) for end in (self.guess, self.still, self.shuffled)
        )
        return error, still, shuffled


def _rollouts(model: JepaWorldModel, encoded: EncodedEpisodes, places: Moments, horizon: int) -> _Guesses:
    start = histories(encoded, places, model.history)
    ahead = places.moment[:, None] + torch.arange(horizon, device=places.moment.device)
    actions = encoded.actions[places.episode[:, None], ahead]
    truth = encoded.latents[places.episode, places.moment + horizon]
    return _Guesses(truth, _end(model, start, actions), start[:, -1], _end(model, start, actions.roll(1, 0)))


def _end(model: JepaWorldModel, start: Tensor, actions: Tensor) -> Tensor:
    state = start
    for action in actions.unbind(1):
        state = model.next(state, action)
    return state[:, -1]


def _object(model: JepaWorldModel, latent: Tensor) -> Tensor:
    return model.metric(latent[:, : model.config.visual_dim])[:, model.metric.object]


def _all(latent: Tensor) -> Tensor:
    return latent
