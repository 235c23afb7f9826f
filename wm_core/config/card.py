"""What lies beside the weights of a model."""

from __future__ import annotations

from wm_core.config.backend import BackendName
from wm_core.config.boxes import BoxConfig
from wm_core.config.model import WorldModelConfig
from wm_core.config.planner import PlannerConfig
from wm_core.config.strict import Strict
from wm_core.config.training import PriorConfig, RefineConfig, TrainingConfig


class ModelCardConfig(Strict):
    """`config.yaml` of a shipped model: architecture and the planner settings it was evaluated with.

    workspace: where the tool was in the training data, m; plans stay in it and in the robot's own. None: the robot's.
    refine: the second stage of training, None where there was none.
    backend: how rollouts are computed where nobody says otherwise; 'auto' is the fastest that agrees, found at every start.
    prior, inverse_dynamics: policies that were fitted to its latents and lie beside it, None where there is none.
    """

    robot: str = "panda"
    workspace: BoxConfig | None = None
    model: WorldModelConfig = WorldModelConfig()
    training: TrainingConfig = TrainingConfig()
    planner: PlannerConfig = PlannerConfig()
    refine: RefineConfig | None = None
    prior: PriorConfig | None = None
    inverse_dynamics: PriorConfig | None = None
    backend: BackendName = "torch"
