"""All detectors, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.action_rank import action_rank_detectors
from wm_core.probing.collapse import collapse_detectors
from wm_core.probing.counterfactual import ask_pairs, counterfactual_detectors
from wm_core.probing.distance import distance_detectors
from wm_core.probing.encoded import encode_episodes
from wm_core.probing.pairs import Answers
from wm_core.probing.prediction import prediction_detectors
from wm_core.probing.readouts import readout_detectors
from wm_core.probing.result import Detector
from wm_core.protocols import Environment

if TYPE_CHECKING:
    from wm_core.training.dataset import Dataset


def probe_episodes(
    model: JepaWorldModel, seen: Dataset, held_out: Dataset, fitted: int, measured: int, seed: int
) -> list[Detector]:
    """What needs no simulator: fresh probes are fitted to at most `fitted` episodes of `seen`, everything is measured
    on at most `measured` of `held_out`.
    """
    known, unseen = encode_episodes(model, seen, fitted, seed), encode_episodes(model, held_out, measured, seed)
    return [
        *collapse_detectors(model, unseen),
        *prediction_detectors(model, unseen, seed),
        *distance_detectors(model, unseen, seed),
        *action_rank_detectors(model, unseen, seed),
        *readout_detectors(model, known, unseen, seed),
    ]


def probe_pairs(
    model: JepaWorldModel, policy: GoalPolicy | None, environment: Environment, count: int, seed: int
) -> Iterator[list[Detector]]:
    """Yields after every pair of futures what is known by then."""
    answers: list[Answers] = []
    for found in ask_pairs(model, policy, environment, count, seed):
        answers += found
        yield counterfactual_detectors(answers)
