"""How plans are searched for, and what is a good one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wm_core.config.seed import LARGEST_SEED
from wm_core.config.strict import Strict


class ObjectiveWeights(Strict):
    """Weights of the cost terms; 0 switches a term off."""

    goal_latent: float = Field(1.0, ge=0.0)
    goal_object: float = Field(1.0, ge=0.0, description="object position goals, as the probe reads the object")
    goal_pose: float = Field(10.0, ge=0.0)
    lift_tool: float = Field(1.0, ge=0.0, description="the tool, by kinematics, while an object is lifted over")
    goal_joints: float = Field(1.0, ge=0.0)
    effort: float = Field(0.01, ge=0.0)
    gripper: float = Field(0.002, ge=0.0, description="per step that commands the gripper")
    smoothness: float = Field(0.01, ge=0.0)
    joint_limits: float = Field(0.1, ge=0.0)
    workspace: float = Field(100.0, ge=0.0, description="per m outside the box; tool motion never leaves it anyway")
    obstacles: float = Field(1.0, gt=0.0, description="per m too near to a declared obstacle; not to be switched off")


class IcemConfig(Strict):
    """What the method `icem` has of its own."""

    noise_exponent: float = Field(1.0, ge=0.0, le=8.0, description="of the noise's power over frequency; 0 is white")
    shrink: float = Field(1.25, ge=1.0, description="of the samples, from one iteration to the next")
    kept: float = Field(0.3, ge=0.0, le=1.0, description="of the elites, for the next iteration and the next plan")
    momentum: float = Field(0.1, ge=0.0, lt=1.0, description="of mean and spread in a refit")


class MppiConfig(Strict):
    """What the method `mppi` has of its own."""

    temperature: float = Field(0.3, gt=0.0, description="of the weights, in cost of the last of the elites over the best")
    annealing: float = Field(0.6, gt=0.0, le=1.0, description="of the noise, from one iteration to the next")


class StandstillConfig(Strict):
    """What is done where the arm stands while an object is not where its picture shows it."""

    patience: float = Field(0.0, ge=0.0, description="s at one place until something is done; 0: nothing ever is")
    radius: float = Field(0.02, gt=0.0, description="m, how large one place is")
    content: float = Field(0.03, ge=0.0, description="m from its picture within which an object is not worth it")
    look_again: bool = Field(False, description="leave where it seems near enough, too, at most each `far` s: a hand beside it hides it")
    leave: float = Field(0.4, ge=0.0, description="s that the tool then rises and goes aside, whatever the plan")
    far: float = Field(5.0, ge=0.0, description="s that plans then look farther ahead")
    horizon: int = Field(24, ge=1, le=64, description="of these plans, at least")


class HandlingConfig(Strict):
    """When an object that is to be lifted gets from one phase to the next (`wm_core.planning.lifting`)."""

    lift: float = Field(0.09, gt=0.0, le=0.5, description="m that it is carried above where it was grasped")
    near: float = Field(0.015, gt=0.0, le=0.1, description="m over the table within which it is grasped; half of it in height")
    content: float = Field(0.012, gt=0.0, le=0.1, description="m from its place within which it is let go")
    patience: float = Field(3.0, gt=0.0, description="s that a phase is given")


class PlannerConfig(Strict):
    """Model-predictive planner: samples x horizon x iterations is its budget. deadline: s for one plan."""

    method: Literal["cem", "icem", "mppi"] = "cem"
    gradient_steps: int = Field(0, ge=0, le=1000, description="downhill from the best that the method has found")
    samples: int = Field(128, ge=4, le=65536)
    horizon: int = Field(5, ge=1, le=64)
    obstacle_horizon: int = Field(8, ge=1, le=64, description="the least where obstacles are declared: a way around is long")
    obstacle_samples: int = Field(128, ge=2, description="the least there, too: few of them miss the way around")
    obstacle_iterations: int = Field(3, ge=1, description="the least there, too")
    iterations: int = Field(3, ge=1, le=100)
    elites: float = Field(0.1, gt=0.0, le=1.0, description="fraction of samples")
    initial_std: float = Field(0.6, gt=0.0, le=2.0, description="of the largest action")
    warm_std: float = Field(0.4, gt=0.0, le=2.0, description="of the largest action, on a warm start")
    min_std: float = Field(0.03, ge=0.0, le=1.0, description="of the largest action")
    correlation: float = Field(0.5, ge=0.0, lt=1.0, description="of the noise of neighbouring steps")
    warm_start: bool = True
    prior_share: float = Field(0.3, ge=0.0, le=1.0, description="of the samples, drawn from the model's action prior if it has one")
    near_enough: float = Field(0.0, ge=0.0, le=0.1, description="m from its picture within which an object is left alone")
    standstill: StandstillConfig = StandstillConfig()
    handling: HandlingConfig = HandlingConfig()
    alternatives: int = Field(3, ge=0, le=16, description="other futures that a plan's explanation shows")
    deadline: float = Field(0.1, gt=0.0, le=60.0)
    seed: int = Field(0, ge=0, le=LARGEST_SEED, description="of the first plan of an agent or a goal; an evaluation takes the episode's")
    icem: IcemConfig = IcemConfig()
    mppi: MppiConfig = MppiConfig()
    weights: ObjectiveWeights = ObjectiveWeights()
