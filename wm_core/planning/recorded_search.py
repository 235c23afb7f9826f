"""A sampling search whose iterations a GPU does by itself, where that is possible."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from wm_core.config import PlannerConfig
from wm_core.planning.closing import Closing
from wm_core.planning.draws import generator_on
from wm_core.planning.evaluator import Scores
from wm_core.planning.recording import Recording, shapes_of
from wm_core.planning.sampling import SamplingSearch
from wm_core.planning.scoring import Scoring
from wm_core.planning.search import Beginning, Budget, Found, PlanningError

if TYPE_CHECKING:
    from wm_core.cuda import Recorder

KEPT = 8  # kinds of plans that are remembered: cold and warm, of a few goals, looking far and near
_log = logging.getLogger(__name__)


class RecordedSearch:
    """Implements `Search` by a sampler: the same draws find the same, but for rounding.

    The first plan of a kind records its iterations, which takes much longer than a plan. What cannot be recorded, and
    everything after something could not, is searched for by the sampler itself.
    """

    def __init__(
        self,
        sampler: SamplingSearch,
        config: PlannerConfig,
        clock: Callable[[], float],
        make_recorder: Callable[[], Recorder],
        closing: Closing,
    ) -> None:
        """sampler: one that waits for nothing. make_recorder: called for every kind of plan. closing: what the sampler does, too."""
        self._sampler, self._config, self._clock, self._make_recorder = sampler, config, clock, make_recorder
        self._closing = closing
        self._recordings: dict[Hashable, Recording] = {}
        self._refused = False

    def search(
        self, score: Callable[[Tensor], Scores], begin: Beginning, generator: torch.Generator, started: float
    ) -> Found:
        """See `Search`."""
        recording = self._recording(score, begin) if isinstance(score, Scoring) and score.recordable else None
        if recording is None:
            return self._sampler.search(score, begin, generator, started)
        budget, drawn, number = Budget(self._clock, started, self._config.deadline), generator_on(score.joints.device, generator), 0
        recording.tell(score, begin)
        recording.draw(1, drawn)
        while number < self._config.iterations and (number == 0 or budget.fits()):
            number += 1
            with budget.evaluation():
                recording.iterate(number)
                recording.draw(number + 1, drawn)  # while the device is busy
                recording.wait()
        found = recording.found(number)
        if found.cost == float("inf"):
            raise PlanningError(f"none of {sum(len(scores.costs) for scores in found.scored)} imagined futures has a finite cost")
        return found

    def _recording(self, score: Scoring, begin: Beginning) -> Recording | None:
        key = score.kind, tuple(part.shape for part in score.inputs), shapes_of(begin)
        known = self._recordings.pop(key, None)
        if known is None and not self._refused:
            known = self._recorded(score, begin)
        if known is not None:
            self._recordings[key] = known  # the newest last
            while len(self._recordings) > KEPT:
                self._recordings.pop(next(iter(self._recordings)))
        return known

    def _recorded(self, score: Scoring, begin: Beginning) -> Recording | None:
        begun = self._clock()
        try:
            recorder = self._make_recorder()
            recording = Recording(self._sampler, self._closing, self._config.iterations, score, begin, recorder)
        except RuntimeError as error:
            self._refused = True
            _log.warning("plans of this planner are not recorded, and take longer: %s", error)
            return None
        _log.info("recorded a plan of kind %s in %.2f s", score.task.kind, self._clock() - begun)
        return recording
