"""Which of the two cameras takes a picture, and when: both of one moment, wherever both are about due."""

from __future__ import annotations

from sim.pacing import Schedule

MAIN, WATCH = 0, 1
_ROUNDING = 1e-6  # s


class Shutters:
    """Of the planner's camera (`MAIN`) and the watch camera; times in s on the arm's clock.

    The watch camera goes by the main one, as if a trigger released both: its picture is taken with that one of the main
    camera's whose time is nearest to its own. Only where it is the faster one it takes those in between alone. The main camera
    waits for nothing. What it skips, because drawing does not keep up, the watch camera skips too: their rates stay in proportion.
    """

    def __init__(self, main_rate: float, watch_rate: float, now: float, early: float) -> None:
        """Rates in Hz; both are due first at `now`. early: s before its time that a picture is near enough to it."""
        self._main, self._watch = Schedule(1.0 / main_rate, now), Schedule(1.0 / watch_rate, now)
        self._early = early
        self._half = max(early, 0.5 * min(self._main.period, self._watch.period))

    def due(self, now: float) -> tuple[int, ...]:
        """The cameras that take a picture now, in the order in which they are drawn: the planner waits for the main one's."""
        if self._main.due(now, self._early):
            # By its time on the grid: the main picture may be late, because the one before was still being drawn.
            return (MAIN, WATCH) if self._watch.due(self._main.next, self._half + _ROUNDING) else (MAIN,)
        alone = self._watch.due(now, self._early) and not self._main.due(max(now, self._watch.next), self._half - _ROUNDING)
        return (WATCH,) if alone else ()

    def done(self, cameras: tuple[int, ...], now: float) -> None:
        """These, which were due, have been seen to."""
        if MAIN not in cameras:
            if WATCH in cameras:
                self._watch.done(now, self._early)
            return
        expected = self._main.next
        self._main.done(now, self._early)
        taken = self._main.next - self._main.period  # its last time on the grid
        self._watch.next += taken - expected
        if WATCH in cameras:
            self._watch.done(taken, self._half - _ROUNDING)
