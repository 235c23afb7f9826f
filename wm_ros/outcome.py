"""How a goal ends, and how it goes on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Code(IntEnum):
    """The result codes of the action PlanToGoal."""

    SUCCESS = 0
    INVALID_GOAL = -1
    TIME_LIMIT = -2
    NO_PROGRESS = -3
    CANCELED = -4
    NOT_READY = -5
    REJECTED_BY_GUARD = -6
    PLANNER_ERROR = -7
    BUSY = -8
    SURPRISED = -9


@dataclass(frozen=True)
class Outcome:
    """The end of a goal. final_error: m, or rad for a goal of joints alone; NaN where nothing was measured."""

    code: Code
    message: str
    final_error: float = float("nan")


@dataclass(frozen=True)
class Progress:
    """One period of a goal. distance: as `final_error`; latent_cost: NaN without a goal picture, told or made.

    phase: what is being done with an object that is to be lifted, '' for any other goal.
    """

    distance: float
    latent_cost: float
    plan_ms: float
    state: str
    phase: str = ""
