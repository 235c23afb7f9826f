"""Whether a goal is reached, or is not going to be."""

from __future__ import annotations

from wm_core.types import Phase
from wm_ros.goal_meter import Reading


class ProgressMonitor:
    """Watches the readings of one goal. All times are s on the steady clock."""

    def __init__(self, settle_time: float, no_progress_time: float, smallest_gain: float) -> None:
        """smallest_gain: a fall of the distance, or of what is left to turn, below this share of its best is no progress."""
        self._settle_time = settle_time
        self._no_progress_time = no_progress_time
        self._smallest_gain = smallest_gain
        self._there_since: float | None = None
        self._best = self._best_turn = float("inf")
        self._within = False
        self._best_at: float | None = None
        self._last: float | None = None
        self._phase: Phase | None = None

    def add(self, reading: Reading, at_rest: bool, now: float) -> None:
        """One period's reading."""
        there = reading.within and at_rest
        self._there_since = (self._there_since if self._there_since is not None else now) if there else None
        # Phases have limits of their own; one that follows another in vain is another try.
        changed = reading.phase is not self._phase
        if changed or self._best_at is None or reading.distance < self._best * (1.0 - self._smallest_gain):
            self._best, self._best_at = reading.distance, now
        if reading.turn < self._best_turn * (1.0 - self._smallest_gain):  # a slow arm turns long after it is there
            self._best_turn, self._best_at = reading.turn, now
        self._last, self._phase, self._within = now, reading.phase, reading.within

    def pause(self, now: float) -> None:
        """Nothing could be planned in this period: it counts neither way."""
        self._there_since = None
        if self._best_at is not None and self._last is not None:
            self._best_at += now - self._last
        self._last = now

    def settling(self) -> bool:
        """At the goal, waiting whether it stays there."""
        return self._there_since is not None

    def reached(self, now: float) -> bool:
        """At the goal and at rest for long enough."""
        return self._there_since is not None and now - self._there_since >= self._settle_time

    def stuck(self, now: float) -> bool:
        """For too long neither the distance nor what is left to turn has fallen, nor the phase changed.

        Not at the goal: an arm that still moves there, as one whose tool turns to how its robot holds it, comes to rest.
        """
        return self._waited(now) and not self._within

    def lingers(self, now: float) -> bool:
        """At the goal for long, and still not at rest."""
        return self._waited(now) and self._within

    def _waited(self, now: float) -> bool:
        return self._best_at is not None and now - self._best_at > self._no_progress_time
