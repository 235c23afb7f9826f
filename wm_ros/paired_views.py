"""Puts together what two cameras showed at one moment, for a model that sees through both."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from wm_core.history import NotReady, ObservationHistory
from wm_core.types import Observation
from wm_ros.freshness import InputError
from wm_ros.recent_frames import RecentFrames

_ROUNDING = 1e-6  # s


class PairedViews:
    """Not locked: its owner is. Stamps in s.

    The cameras come at moments of their own, in any order, and the arm moves in between. A frame of the first camera is a
    moment together with the second one's picture whose stamp is nearest, once none nearer is to be expected: the second one has
    come past it, or is behind by no more than half of the shortest time that it took of late from one picture to the next. A
    frame without a picture within `tolerance` is passed over.
    """

    def __init__(
        self, part: str, history: ObservationHistory, tolerance: float, max_age: float, remember: float = 0.0
    ) -> None:
        """part: the second camera's name on /diagnostics. history: of the moments, for the model.

        tolerance: s between two pictures of one moment, at most. max_age: s, of the newest moment. remember: s for which
        moments are kept beside the history, for `frames`.
        """
        self._part, self._history = part, history
        self._tolerance, self._max_age = tolerance, max_age
        self._waiting: deque[Observation] = deque()  # of the first camera, oldest first
        self._others = RecentFrames(max_age)
        self._recent = RecentFrames(remember)
        self._newest = float("-inf")

    def add(self, frame: Observation) -> bool:
        """A frame of the first camera -> whether there is a new moment."""
        if frame.stamp < self._newest:  # the clock was set back
            self._waiting.clear()
            self._history.clear()
            self._forget_before(frame.stamp)
        self._newest = frame.stamp
        self._waiting.append(frame)
        while frame.stamp - self._waiting[0].stamp > self._max_age:
            self._waiting.popleft()
        return self._put_together()

    def add_other(self, frame: Observation) -> bool:
        """A frame of the second camera, as the `image` -> whether there is a new moment."""
        self._others.add(frame)
        return self._put_together()

    def window(self) -> tuple[Observation, ...]:
        """What the model sees, each with the second camera's picture in `other_views`. Raises `InputError`."""
        try:
            return self._history.window(pad=True)  # as of `CameraInput`
        except NotReady as error:
            raise InputError(self._part, f"both cameras together: {error}") from error

    def frames(self) -> tuple[Observation, ...]:
        """The moments of late, oldest first."""
        return self._recent.all()

    def check(self, now: float) -> None:
        """Raises `InputError` where the cameras show no moment together, though both of them come."""
        newest = self._history.newest
        age = float("inf") if newest is None else now - newest.stamp
        if age > self._max_age:
            since = "" if newest is None else f" for {age:.1f} s"
            raise InputError(self._part, f"no picture within {self._tolerance:g} s of one of the first camera's{since}")

    def _forget_before(self, stamp: float) -> None:
        """The clock was set back to `stamp`: of before are the second camera's pictures too, where its newest is ahead of that."""
        others = self._others.all()
        if others and others[-1].stamp > stamp + self._tolerance:
            self._others = RecentFrames(self._max_age)

    def _put_together(self) -> bool:
        complete = False
        while self._waiting and self._settled(self._waiting[0].stamp):
            frame = self._waiting.popleft()
            other = min(self._others.all(), key=lambda each: abs(each.stamp - frame.stamp))
            if abs(other.stamp - frame.stamp) <= self._tolerance + _ROUNDING:
                moment = replace(frame, other_views=(other.image,))
                self._history.add(moment)
                self._recent.add(moment)
                complete = True
        return complete

    def _settled(self, stamp: float) -> bool:
        """Whether no picture of the second camera is to come that is nearer to `stamp` than those that there are."""
        stamps = [each.stamp for each in self._others.all()]
        if not stamps:
            return False
        gaps = [later - earlier for earlier, later in zip(stamps, stamps[1:])]
        return stamp - stamps[-1] <= min(0.5 * min(gaps, default=0.0), self._tolerance) + _ROUNDING
