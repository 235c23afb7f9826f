"""Why a plan was chosen: plain data, filled by the planner, shown by whoever asks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CostTerm:
    """Share of one objective in the cost of a plan (already weighted)."""

    name: str
    value: float


@dataclass(frozen=True)
class Considered:
    """How many futures were scored, and what was wrong with some of them.

    invalid: no finite cost. touching: they touch a declared obstacle. limited: limits of joints or workspace kept them
    from doing what was drawn; they were scored as what the arm can do instead.
    """

    scored: int
    invalid: int
    touching: int
    limited: int


@dataclass(frozen=True, eq=False)
class Alternative:
    """Another future that was scored. tool_path: (H, 3) m."""

    tool_path: np.ndarray
    cost: float
    terms: tuple[CostTerm, ...]


@dataclass(frozen=True, eq=False)
class Explanation:
    """alternatives: the best ones that lead elsewhere than the plan and each other, cheapest first.

    goal_distance: (H,), how far the goal picture is at the end of each step, as imagined; None without one.
    realised: the same for what is seen now; foreseen: what the plan before had imagined for now. NaN where not known.
    """

    considered: Considered
    alternatives: tuple[Alternative, ...]
    goal_distance: np.ndarray | None
    realised: float
    foreseen: float
