"""From what is heard to episodes on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from wm_core.training.recording import Recording
from wm_core.types import Observation
from wm_ros.recording.cutter import EpisodeCutter


class RecordingError(ValueError):
    """Nothing more can be recorded; the message says why."""


class Heard(Protocol):
    """What a `Listener` tells."""

    def take(self) -> list[Observation]:
        """What was seen since the last call, oldest first."""

    def problem(self) -> str:
        """What does not come and why, '' while all does."""


class Mover(Protocol):
    """What drives the arm. problem: why it gave up, '' while it drives."""

    problem: str

    def close(self) -> None:
        """The arm comes to rest."""


class Session:
    """Ends with `close`, which brings the arm to rest and keeps every episode that is whole."""

    def __init__(self, recording: Recording, heard: Heard, cutter: EpisodeCutter, mover: Mover | None = None) -> None:
        """mover: None where somebody else moves the arm."""
        self._recording, self._heard, self._cutter, self._mover = recording, heard, cutter, mover
        self._told = ""

    def look(self) -> Iterator[str]:
        """Takes what has come -> what to tell: why an episode broke off, and what is waited for. Raises `RecordingError`."""
        for seen in self._heard.take():
            made = self._cutter.add(seen)
            if isinstance(made, str):
                self._recording.drop()
                yield f"an episode broke off: {made}"
            elif made is not None:
                self._recording.add(made)
        problem, told = self._heard.problem(), self._told
        self._told = problem
        if problem and problem != told:
            yield f"waiting: {problem}"
        if self._mover is not None and self._mover.problem:
            raise RecordingError(self._mover.problem)

    def close(self) -> None:
        """See the class."""
        try:
            if self._mover is not None:
                self._mover.close()
        finally:  # it may take seconds with a planner that died, and somebody presses Ctrl-C again
            self._recording.close()
