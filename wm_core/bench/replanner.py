"""The same planner again, with something changed."""

from __future__ import annotations

from wm_core.planning import MpcPlanner
from wm_core.protocols import WorldModel


def replanner(
    planner: MpcPlanner, model: WorldModel | None = None, record: bool = True, **changes: object
) -> MpcPlanner:
    """The same planner, its prior too: with `model`, the same one on another backend, and `changes` of its settings.

    record: see `MpcPlanner`.
    """
    config = planner.config.model_copy(update=changes)
    return planner.again(config=config, world_model=planner.world_model if model is None else model, record=record)
