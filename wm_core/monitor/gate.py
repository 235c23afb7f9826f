"""Notices when what is seen is not what the model knows. It only makes the arm hold; limits are the guard's task."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch

from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.config import SIGNALS, SUDDEN, GateConfig
from wm_core.monitor.sight import Sight, see_cells, see_window
from wm_core.monitor.signals import Statistics, signals_of_moments, signals_of_steps, what_came_in
from wm_core.monitor.smoothing import Smoother
from wm_core.protocols import Kinematics
from wm_core.types import Observation


@dataclass(frozen=True)
class GateVerdict:
    """stop: the arm shall hold, until `reset`. score: the worst signal over its threshold, above 1 stops.

    signal, value, threshold: the worst one, in its unit, after smoothing.
    """

    stop: bool
    score: float
    signal: str
    value: float
    threshold: float

    @property
    def reason(self) -> str:
        """For people: the signal, its value and its threshold."""
        what, unit = SIGNALS[self.signal]
        return f"{self.signal} {self.value:.4g} {unit}, limit {self.threshold:.4g} {unit}: {what}"


class SurpriseGate:
    """Watches one arm, one model step at a time.

    Call `reset` at the start of every run. A stop is latched: whoever resets has looked at what it was.
    """

    def __init__(
        self, world_model: JepaWorldModel, config: GateConfig, statistics: Statistics, kinematics: Kinematics
    ) -> None:
        """config and statistics: of `wm_core.monitor.calibrate`. Raises `ValueError` where no signal is watched."""
        self.config = config
        self._thresholds = config.thresholds.watched()
        if not self._thresholds:
            raise ValueError("the gate has no thresholds: it would never stop")
        self._model, self._statistics, self._kinematics = world_model, statistics, kinematics
        self.reset()

    def reset(self) -> None:
        """Forgets everything, a stop too."""
        self._window: deque[Observation] = deque(maxlen=self._model.history)
        self._last: Sight | None = None
        self._smoother = Smoother(self.config.window, self.config.offset_window, SUDDEN)
        self._latched: GateVerdict | None = None

    def observe(
        self, observation: Observation, controls: np.ndarray | None = None, camera: int | None = None
    ) -> GateVerdict:
        """observation: one model step after the last one.

        controls: (A,), what was executed since: m of tool displacement, then the gripper's command where the model has
        one. None where that is not known: then nothing is said of surprise.
        camera: 0 where the pictures of further cameras are of other moments, and shown to `glance`; None: it has them all.
        """
        if self._latched is not None:
            return self._latched
        # Before the first observation the arm was at rest.
        self._window.extend([observation] * (1 if self._window else self._model.history))
        sight = see_window(self._model, tuple(self._window), self.config.views, camera)
        tool = self._tool(observation)
        off, values = signals_of_moments(self._model, self._statistics, sight, tool)
        if self._last is not None and controls is not None:
            done = torch.as_tensor(controls, dtype=sight.histories.dtype, device=sight.histories.device)[None]
            values |= signals_of_steps(self._model, self._last.histories, done, sight.histories)
        self._last = sight
        smoothed = self._smoother.add(off[0].cpu().numpy(), {name: float(value[0]) for name, value in values.items()})
        return self._latch(self._judge(smoothed))

    def glance(self, observation: Observation, camera: int | None = None) -> GateVerdict | None:
        """observation: a frame between two model steps. Only looks for what came in, which takes a few milliseconds.

        camera: the one, counted from the model's first, that its `image` is of and that is looked through alone, for
        cameras that do not take their pictures at the same moment; None: it has the pictures of all.
        -> None where what comes in is not watched for.
        """
        if self._latched is not None or not SUDDEN.intersection(self._thresholds):
            return self._latched
        cells = see_cells(self._model, observation, self.config.views, camera)
        found = what_came_in(self._model, self._statistics.scenes, cells, self._tool(observation), camera)
        # What is no number stops.
        return self._latch(self._judge({name: float(value[0].nan_to_num(nan=torch.inf)) for name, value in found.items()}))

    def _tool(self, observation: Observation) -> torch.Tensor:
        """(1, 3) m, by the measured joints"""
        return torch.from_numpy(self._kinematics.forward(observation.joints.position).position)[None]

    def _latch(self, verdict: GateVerdict) -> GateVerdict:
        self._latched = verdict if verdict.stop else None
        return verdict

    def _judge(self, smoothed: dict[str, float]) -> GateVerdict:
        # What is not known yet, such as surprise before the first action, counts as nothing to see.
        scores = {name: smoothed.get(name, 0.0) / limit for name, limit in self._thresholds.items()}
        signal = max(scores, key=scores.__getitem__)
        return GateVerdict(
            scores[signal] > 1.0, scores[signal], signal, smoothed.get(signal, 0.0), self._thresholds[signal]
        )
