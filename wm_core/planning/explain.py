"""Keeps account of a search, for people."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.explanation import Alternative, Considered, Explanation
from wm_core.planning.evaluator import Scores
from wm_core.planning.objectives import Obstacles
from wm_core.planning.search import Found
from wm_core.planning.task import Task
from wm_core.protocols import WorldModel
from wm_core.types import PlannerState

_APART = 0.02  # m, somewhere along the way, from which on a path is another one
_BEST = 64  # candidates that alternatives are looked for among


def considered(scored: Sequence[Scores], touch: float) -> Considered:
    """Counts what was scored. touch: from what share of the obstacles' term on a future touches one."""
    return Considered(*torch.stack([_counts(scores, touch) for scores in scored]).sum(0).tolist())


def others(scored: Sequence[Scores], found: Found, count: int) -> tuple[Alternative, ...]:
    """The best of the last population that lead elsewhere than `found`, and each other."""
    populations = [scores for scores in scored if len(scores.costs) > 1]  # what a gradient leads to stands alone
    if not populations or count == 0:
        return ()
    population = populations[-1]
    rows = torch.topk(population.costs, min(_BEST, len(population.costs)), largest=False).indices
    rows = rows[torch.isfinite(population.costs[rows])]
    paths, costs = _array(population.candidates.tool_position[rows]), _array(population.costs[rows])
    kept = [_array(found.scores.candidates.tool_position[found.row])]
    chosen: list[Alternative] = []
    for row, path, cost in zip(rows.tolist(), paths, costs):
        if min(float(np.linalg.norm(path - other, axis=-1).max()) for other in kept) >= _APART:
            kept.append(path)
            chosen.append(Alternative(path, float(cost), population.terms(row)))
        if len(chosen) == count:
            break
    return tuple(chosen)


def explain(
    found: Found, touch: float, count: int, task: Task, model: WorldModel | None, seen: Tensor | None, foreseen: float
) -> Explanation:
    """touch: see `considered`. count: alternatives at most. seen: (*latent) of now. foreseen: see `foreseen_for`."""
    distance, realised = None, math.nan
    imagined = found.scores.candidates.latents  # None where the goal's term has weight 0
    if task.encoded is not None and seen is not None and imagined is not None:
        both = torch.cat([seen[None], imagined[found.row]])
        values = _array(model.goal_distance(both, task.encoded, task.focus))
        realised, distance = float(values[0]), values[1:]
    return Explanation(considered(found.scored, touch), others(found.scored, found, count), distance, realised, foreseen)


def foreseen_for(state: PlannerState, kind: str, stamp: float, step: float) -> float:
    """How far the goal should be at `stamp` (s), as the last plan imagined it; NaN where that says nothing of it."""
    if state.distances is None or state.stamp is None or state.kind != kind:
        return math.nan
    moment = (stamp - state.stamp) / step
    if not 0.0 <= moment < len(state.distances):
        return math.nan
    return float(np.interp(moment, np.arange(len(state.distances)), state.distances))


def _counts(scores: Scores, touch: float) -> Tensor:
    """-> (4,): all, invalid, touching an obstacle, changed by limits"""
    costs, limited = scores.costs, scores.candidates.limited
    none = torch.zeros(1, dtype=torch.bool, device=costs.device)
    touching = scores.shares[scores.names.index(Obstacles.name)] >= touch if Obstacles.name in scores.names else none
    parts = (torch.ones_like(costs), ~torch.isfinite(costs), touching, none if limited is None else limited)
    return torch.stack([part.sum().long() for part in parts])


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy().astype(float)
