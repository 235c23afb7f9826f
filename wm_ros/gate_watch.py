"""Shows a model's gate what happens while a goal is pursued: a model step at a time, the pace that it knows, and what comes in at once.

Two cameras take their pictures at different moments, between which the arm moves: what comes in is looked for in each alone,
by the joints of its own moment. A model of two views is shown both pictures together beside that.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Sequence

import numpy as np

from wm_core.protocols import Kinematics
from wm_core.types import Observation

if TYPE_CHECKING:
    from wm_core.evaluation.watch import Gate

_ROUNDING = 1e-6  # s
_NEVER = float("-inf")
_MODELS, _WATCH = 0, 1  # the cameras, as a gate counts them


class GateWatch:
    """One goal's worth: made with it, and with it the gate begins anew."""

    def __init__(self, gate: Gate, kinematics: Kinematics, step: float, action_dim: int, tolerance: float) -> None:
        """step: s; tolerance: s that a frame may be off. action_dim: 4 with a gripper command, else 3."""
        gate.reset()
        self._gate, self._kinematics = gate, kinematics
        self._step, self._action_dim, self._tolerance = step, action_dim, tolerance
        self._last: Observation | None = None
        self._shown = [_NEVER, _NEVER]  # stamp of the newest frame of each camera that it was shown
        self._sure = False  # whether the gate's past is what it takes it for
        self._commands: deque[tuple[float, int]] = deque(maxlen=64)

    def commanded(self, stamp: float, gripper: int) -> None:
        """From `stamp` (s) on the gripper is told this."""
        self._commands.append((stamp, gripper))

    def look(self, frames: Sequence[Observation], watched: Observation | None = None) -> str | None:
        """frames: those at hand, oldest first; watched: the watch camera's newest, where there is one.

        Shows what is new of them -> why to stop, None to go on.
        """
        if frames and self._last is not None and frames[-1].stamp < self._last.stamp:
            self._last, self._shown = None, [_NEVER, _NEVER]  # the clock was set back
        while (frame := self._next(frames)) is not None:
            controls = self._controls(frame) if self._follows(frame) else None
            # After a gap the gate's own past is not a step away: it is not asked for surprise until it is again.
            verdict = self._gate.observe(frame, controls if self._sure else None, _MODELS)
            self._sure = self._last is None or controls is not None
            self._last = frame
            self._shown[_MODELS] = max(self._shown[_MODELS], frame.stamp)
            if verdict.stop:
                return verdict.reason
        return self.glance(frames, watched)

    def glance(self, frames: Sequence[Observation], watched: Observation | None = None) -> str | None:
        """As `look`, but only for what came in, and of the newest frame of each camera alone."""
        reason = self._glance(frames[-1], _MODELS) if frames else None
        return self._glance(watched, _WATCH) if reason is None and watched is not None else reason

    def _glance(self, frame: Observation, camera: int) -> str | None:
        if frame.stamp == self._shown[camera]:
            return None
        self._shown[camera] = frame.stamp
        verdict = self._gate.glance(frame, camera)
        return verdict.reason if verdict is not None and verdict.stop else None

    def _next(self, frames: Sequence[Observation]) -> Observation | None:
        if not frames or self._last is None:
            return frames[-1] if frames else None
        due = self._last.stamp + self._step
        if frames[-1].stamp < due - _ROUNDING:
            return None
        nearest = min(frames, key=lambda frame: abs(frame.stamp - due))
        # Where that moment was missed, it goes on with the newest.
        return nearest if abs(nearest.stamp - due) <= self._tolerance + _ROUNDING else frames[-1]

    def _follows(self, frame: Observation) -> bool:
        return self._last is not None and abs(frame.stamp - self._last.stamp - self._step) <= self._tolerance + _ROUNDING

    def _controls(self, frame: Observation) -> np.ndarray:
        """(A,), what was done since the last moment."""
        there, here = (self._kinematics.forward(each.joints.position).position for each in (frame, self._last))
        middle = frame.stamp - 0.5 * self._step
        gripper = next((command for stamp, command in reversed(self._commands) if stamp <= middle), 0)
        return np.append(there - here, gripper)[: self._action_dim]
