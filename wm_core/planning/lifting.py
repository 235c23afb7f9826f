"""How an object is grasped, lifted, carried and put down: what comes next, and what each phase wants. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wm_core.config import HandlingConfig
from wm_core.types import Handled, Phase

_SHUT = 0.01  # m between fingers that closed on nothing
_STILL = 1e-3  # m that fingers may move in a model step and still hold something
_OPEN = 0.9  # of the whole opening, from which on nothing is held
_SHORT = 0.02  # m that the tool may be short of its height to count as raised

# What follows a phase that was given its time in vain.
_TIME_OVER = {
    Phase.APPROACH: Phase.LEAVE,
    Phase.CLOSE: Phase.APPROACH,
    Phase.LIFT: Phase.APPROACH,
    Phase.CARRY: Phase.RELEASE,
    Phase.RELEASE: Phase.LEAVE,
}


@dataclass(frozen=True, eq=False)
class Readings:
    """What is known of one moment: tool and part (3,) m, opening m between the fingers, moved: m that they opened in the last step."""

    tool: np.ndarray
    part: np.ndarray
    opening: float
    moved: float


@dataclass(frozen=True, eq=False)
class Wanted:
    """Ways from where things are now: tool and part (3,) m, opening m that the fingers go apart.

    command: of the gripper, that the tool waits for; 0 where the planner moves both as it thinks best.
    """

    tool: np.ndarray
    part: np.ndarray
    opening: float
    command: int = 0


class Lifting:
    """Looks at readings alone. Whatever goes wrong ends in another approach: the part is where it is read to be."""

    def __init__(self, config: HandlingConfig, lowest: float, opening: float) -> None:
        """lowest: m, the least height of the tool. opening: m, of open fingers."""
        self._config, self._lowest, self._opening = config, lowest, opening

    def follow(self, known: Handled | None, now: Readings, place: np.ndarray, tolerance: float, stamp: float) -> Handled:
        """The phase at `stamp` (s). known: as of the last plan, None before the first.

        place: (3,) m, where the part shall be; tolerance: m from there within which it is left alone.
        """
        if known is None or stamp < known.since:  # a clock that ran backwards tells nothing
            return Handled(Phase.APPROACH, stamp)
        phase = self._next(known.phase, now, float(np.linalg.norm(place - now.part)), tolerance)
        if phase is known.phase and stamp - known.since > self._config.patience:
            phase = _TIME_OVER.get(phase, phase)
        away = phase is Phase.LEAVE and self._let_go(now) and self._raised(now)
        return replace(known, away=away) if phase is known.phase else Handled(phase, stamp, away)

    def wanted(self, phase: Phase, now: Readings, place: np.ndarray) -> Wanted:
        """What leads on. The part moves as the tool does while it is held, and stays where it is else."""
        stay, wide = np.zeros(3), self._opening - now.opening
        up = np.array([0.0, 0.0, self._height - now.tool[2]])
        if phase is Phase.APPROACH:
            short = self._grasp(now) - now.tool
            # Fingers that come down askew come down on the part.
            return Wanted(short if self._over(short) else np.array([*short[:2], up[2]]), stay, wide)
        if phase is Phase.CLOSE:
            # How wide the part is nobody knows, and shut fingers can be had above it only: half open is wrong by least.
            return Wanted(stay, stay, 0.5 * self._opening - now.opening, -1)
        if phase is Phase.LIFT:
            return Wanted(up, up, 0.0)
        if phase is Phase.CARRY:
            return Wanted(place - now.part, place - now.part, 0.0)
        if phase is Phase.RELEASE:
            return Wanted(stay, stay, wide, +1)
        return Wanted(up, stay, wide)

    def _next(self, phase: Phase, now: Readings, left: float, tolerance: float) -> Phase:
        if phase is Phase.APPROACH:
            return Phase.CLOSE if self._around(now) else phase
        if phase in (Phase.CLOSE, Phase.LIFT, Phase.CARRY) and now.opening < _SHUT:
            return Phase.APPROACH  # nothing between the fingers, or not any more
        if phase is Phase.CLOSE:
            holding = abs(now.moved) < _STILL and not self._let_go(now)
            return Phase.LIFT if holding else phase
        if phase is Phase.LIFT:
            return Phase.CARRY if self._raised(now) else phase
        if phase is Phase.CARRY:
            return Phase.RELEASE if left <= self._config.content else phase
        if phase is Phase.RELEASE:
            return Phase.LEAVE if self._let_go(now) else phase
        return phase if left <= tolerance else Phase.APPROACH

    @property
    def _height(self) -> float:
        return self._lowest + self._config.lift

    def _raised(self, now: Readings) -> bool:
        return bool(now.tool[2] >= self._height - _SHORT)

    def _let_go(self, now: Readings) -> bool:
        return now.opening > _OPEN * self._opening

    def _around(self, now: Readings) -> bool:
        short = self._grasp(now) - now.tool
        return self._over(short) and abs(float(short[2])) <= 0.5 * self._config.near

    def _over(self, short: np.ndarray) -> bool:
        return float(np.linalg.norm(short[:2])) <= self._config.near

    def _grasp(self, now: Readings) -> np.ndarray:
        """(3,) m, where the tool has to be: at the part's middle, or as low as it comes."""
        return np.array([*now.part[:2], max(now.part[2], self._lowest)])
