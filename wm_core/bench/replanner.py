"""The same planner again, with something changed."""

from __future__ import annotations

from wm_core.planning import MpcPlanner
from wm_core.protocols import WorldModel


def replanner(planner: MpcPlanner, model: WorldModel | None = None, **changes: object) -> MpcPlanner:
    """The same planner, its prior too: with `model`, the same one on another backend, and `changes` of its settings."""
    return MpcPlanner(
        planner.robot,
        planner.arm,
        planner.config.model_copy(update=changes),
        planner.world_model if model is None else model,
        device=planner.device,
        max_step=planner.max_step,
        prior=planner.prior,
    )
