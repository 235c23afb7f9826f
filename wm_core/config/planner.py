"""How plans are searched for, and what is a good one."""

from __future__ import annotations

from pydantic import Field

from wm_core.config.strict import Strict


class ObjectiveWeights(Strict):
    """Weights of the cost terms; 0 switches a term off."""

    goal_latent: float = Field(1.0, ge=0.0)
    goal_object: float = Field(1.0, ge=0.0, description="object position goals, as the probe reads the object")
    goal_pose: float = Field(10.0, ge=0.0)
    goal_joints: float = Field(1.0, ge=0.0)
    effort: float = Field(0.01, ge=0.0)
    gripper: float = Field(0.002, ge=0.0, description="per step that commands the gripper")
    smoothness: float = Field(0.01, ge=0.0)
    joint_limits: float = Field(0.1, ge=0.0)
    workspace: float = Field(100.0, ge=0.0, description="per m outside the box; tool motion never leaves it anyway")
    obstacles: float = Field(1.0, gt=0.0, description="per m too near to a declared obstacle; not to be switched off")


class PlannerConfig(Strict):
    """Model-predictive planner: samples x horizon x iterations is its budget. deadline: s for one plan."""

    samples: int = Field(128, ge=4, le=65536)
    horizon: int = Field(5, ge=1, le=64)
    iterations: int = Field(3, ge=1, le=100)
    elites: float = Field(0.1, gt=0.0, le=1.0, description="fraction of samples")
    initial_std: float = Field(0.6, gt=0.0, le=2.0, description="of the largest action")
    warm_std: float = Field(0.4, gt=0.0, le=2.0, description="of the largest action, on a warm start")
    min_std: float = Field(0.03, ge=0.0, le=1.0, description="of the largest action")
    correlation: float = Field(0.5, ge=0.0, lt=1.0, description="of the noise of neighbouring steps")
    warm_start: bool = True
    prior_share: float = Field(0.3, ge=0.0, le=1.0, description="of the samples, drawn from the model's action prior if it has one")
    deadline: float = Field(0.1, gt=0.0, le=60.0)
    seed: int = Field(0, ge=0)
    weights: ObjectiveWeights = ObjectiveWeights()
