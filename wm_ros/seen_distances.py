"""How far what is seen is from a goal, as a world model reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import numpy as np

from wm_core.protocols import WorldModel
from wm_core.types import Focus, Observation

if TYPE_CHECKING:
    from torch import Tensor

    from wm_core.planning.objectives import ObjectReader


class SceneDistance:
    """To a goal picture: the object's way alone, or those of all parts."""

    def __init__(self, world_model: WorldModel, target: Tensor, focus: Focus) -> None:
        """target: (*goal), what the model makes of the goal's pictures"""
        self._model, self._target, self._focus = world_model, target, focus

    def distance(self, observations: Sequence[Observation]) -> float:
        """observations: `history` of them, one model step apart -> m, by the model's metric"""
        latent = self._model.encode(observations)
        return float(self._model.goal_distance(latent, self._target, self._focus))


class PlaceDistance:
    """Of the object from a place."""

    def __init__(self, world_model: ObjectReader, place: np.ndarray) -> None:
        """place: (3,) m"""
        self._model, self._place = world_model, place

    def distance(self, observations: Sequence[Observation]) -> float:
        """observations: as of `SceneDistance` -> m, by the model's probe"""
        here = self._model.object_position(self._model.encode(observations))
        return float(np.linalg.norm(here.cpu().numpy() - self._place))
