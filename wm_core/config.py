"""One typed configuration tree, read from YAML. An unknown key is an error that names the nearest known one."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class ConfigError(ValueError):
    """The configuration is wrong; the message names the key, the value and what was expected."""


class Strict(BaseModel):
    """Frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())


class BoxConfig(Strict):
    """Axis-aligned box in the base frame, m."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]

    @model_validator(mode="after")
    def _ordered(self) -> BoxConfig:
        if any(low >= high for low, high in zip(self.lower, self.upper)):
            raise ValueError(f"lower {self.lower} must be below upper {self.upper} on every axis")
        return self


class JointLimitsConfig(Strict):
    """What the URDF does not say, one value a joint: rad/s, rad/s^2, rad/s^3."""

    velocity: tuple[float, ...]
    acceleration: tuple[float, ...]
    jerk: tuple[float, ...]

    @model_validator(mode="after")
    def _positive(self) -> JointLimitsConfig:
        if not len(self.velocity) == len(self.acceleration) == len(self.jerk):
            raise ValueError("velocity, acceleration and jerk must have one value a joint each")
        if min(self.velocity + self.acceleration + self.jerk) <= 0.0:
            raise ValueError("velocity, acceleration and jerk limits must be positive")
        return self


class SphereConfig(Strict):
    """Part of an arm's body, m. joint: the one that moves it; offset: its middle in that joint's frame, turned with it."""

    joint: str
    offset: tuple[float, float, float]
    radius: float = Field(gt=0.0)


class RobotConfig(Strict):
    """One arm: its joints, the tool that is planned for, and the limits that the guard enforces.

    urdf: 'pybullet:<path in pybullet_data>' or a file; None when /robot_description supplies it.
    tool_orientation: xyzw, held whenever a goal says nothing about orientation.
    workspace: where the tool may be. body: spheres that hold what has to keep clear of obstacles, where there are any.
    """

    name: str
    urdf: str | None = None
    joint_names: tuple[str, ...] = Field(min_length=1)
    tool_link: str
    home: tuple[float, ...]
    tool_orientation: tuple[float, float, float, float]
    workspace: BoxConfig
    limits: JointLimitsConfig
    body: tuple[SphereConfig, ...] = ()

    @model_validator(mode="after")
    def _one_value_a_joint(self) -> RobotConfig:
        joints = len(self.joint_names)
        if len(set(self.joint_names)) != joints:
            raise ValueError(f"joint_names has duplicates: {self.joint_names}")
        for name, values in (("home", self.home), ("limits", self.limits.velocity)):
            if len(values) != joints:
                raise ValueError(f"{name} has {len(values)} values, expected {joints}, one a joint")
        for sphere in self.body:
            if sphere.joint not in self.joint_names:
                raise ValueError(f"body has a sphere at joint '{sphere.joint}', which is not in joint_names")
        return self


class MetricWeights(Strict):
    """How much each part of the action metric counts in the distance to a goal, per m of motion."""

    tool: float = Field(1.0, ge=0.0)
    gripper: float = Field(1.0, ge=0.0)
    object: float = Field(1.0, ge=0.0)


class WorldModelConfig(Strict):
    """Architecture. step: s that one action spans; history: frames that the predictor sees.

    views: pictures a moment, stacked along channels. gripper: the arm has one: the last action dimension commands it
    and its opening is felt. objects: the metric and a probe tell where the object is. ensemble: predictors, the first
    of which plans. latent: 'grid' keeps the picture's layout, visual_dim is then channels times cells.
    standardise: every picture is brought to mean 0 in each colour and one spread, so that the light matters less.
    touch: the predictor moves the object only as far as a head foresees touch; `wm refine` adds it to a trained model.
    """

    image_size: int = Field(64, ge=16, le=256, multiple_of=16)
    history: int = Field(2, ge=1, le=4)
    step: float = Field(0.2, gt=0.0, le=2.0)
    max_step: float = Field(0.05, gt=0.0, le=0.5, description="m, the longest tool displacement of one action")
    joints: int = Field(7, ge=1, le=32)
    action_dim: int = Field(3, ge=1, le=32)
    visual_dim: int = Field(192, ge=8, le=8192)
    joint_dim: int = Field(32, ge=4, le=1024)
    channels: tuple[int, ...] = (32, 64, 128, 256)
    hidden: int = Field(512, ge=16, le=8192)
    dropout: float = Field(0.1, ge=0.0, lt=1.0)
    distance: Literal["metric", "latent", "both"] = "metric"
    views: int = Field(1, ge=1, le=4)
    gripper: bool = False
    objects: bool = False
    ensemble: int = Field(1, ge=1, le=16)
    latent: Literal["vector", "grid"] = "vector"
    predictor: Literal["mlp", "conv"] = "mlp"
    action_conditioned: bool = True
    standardise: bool = False
    touch: bool = False
    metric_weights: MetricWeights = MetricWeights()

    @property
    def grid(self) -> int:
        """Cells on each side of what the convolutions give."""
        return self.image_size // 2 ** len(self.channels)

    @property
    def motion_dim(self) -> int:
        """Action dimensions that move the tool."""
        return self.action_dim - self.gripper

    @property
    def proprioception(self) -> int:
        """Numbers that the arm feels: its joints, then the opening of its gripper where it has one."""
        return self.joints + self.gripper

    @model_validator(mode="after")
    def _fits(self) -> WorldModelConfig:
        if self.grid < 1:
            raise ValueError(f"channels has {len(self.channels)} entries, each of which halves the picture: too many")
        if self.motion_dim < 1 or (self.objects and self.motion_dim != 3):
            raise ValueError(f"action_dim {self.action_dim} leaves {self.motion_dim} for the tool: expected 3 with objects")
        if self.latent == "grid" and self.visual_dim % self.grid**2:
            raise ValueError(f"visual_dim {self.visual_dim} is no multiple of the {self.grid} x {self.grid} cells of the grid")
        if self.touch and not (self.objects and self.latent == "vector"):
            raise ValueError("touch needs objects and latent 'vector': the object's place must be linear in the latent")
        if self.predictor == "conv" and self.latent != "grid":
            raise ValueError("predictor 'conv' needs latent 'grid'")
        return self


class LossConfig(Strict):
    """Weights of the training loss. object: of the object's part of the inverse dynamics, beside the tool's."""

    regulariser: Literal["sigreg", "vicreg", "ema"] = "sigreg"
    regularisation: float = Field(0.05, ge=0.0)
    inverse_dynamics: float = Field(1.0, ge=0.0)
    prediction: float = Field(1.0, ge=0.0)
    object: float = Field(1.0, ge=0.0)
    touch_noise: float = Field(0.0, ge=0.0, description="variance of what was felt of the object, a step with touch")
    far_pairs: bool = Field(False, description="two windows of every episode: the metric is fitted across both")
    momentum: float = Field(0.99, ge=0.0, le=1.0, description="of the target encoder that 'ema' predicts")


class TrainingConfig(Strict):
    """One training run.

    augmentation: how much light, contrast, colour and glare are varied, 0 not at all, 1 strongly. shift: px that
    pictures are shifted at most. light_change: share of the windows whose light changes at some moment.
    """

    seed: int = Field(0, ge=0)
    batch: int = Field(64, ge=2)
    rollout: int = Field(5, ge=1, le=32, description="steps predicted open loop in training")
    steps: int = Field(4000, ge=1)
    learning_rate: float = Field(1e-3, gt=0.0)
    weight_decay: float = Field(1e-3, ge=0.0)
    warmup: int = Field(200, ge=0)
    clip: float = Field(1.0, gt=0.0)
    precision: Literal["fp32", "bf16"] = "bf16"
    checkpoint_every: int = Field(250, ge=1)
    probe_steps: int = Field(2000, ge=1, description="of fitting the probes, on frozen latents, at the end")
    augmentation: float = Field(0.0, ge=0.0, le=1.0)
    shift: float = Field(0.0, ge=0.0, le=1.0)
    light_change: float = Field(0.0, ge=0.0, le=1.0)
    loss: LossConfig = LossConfig()


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


class PriorConfig(Strict):
    """A goal-conditioned policy on frozen latents: what it is and how it was fitted.

    horizon: actions that it proposes at once. goal_steps: how far ahead the goals lie that it was fitted to, at most.
    components: of the mixture; 1 and goals a few steps ahead make it inverse dynamics (GC-IDM, arXiv 2605.08732).
    """

    horizon: int = Field(5, ge=1, le=64)
    components: int = Field(5, ge=1, le=64)
    goal_steps: int = Field(25, ge=1)
    hidden: int = Field(512, ge=8, le=8192)
    layers: int = Field(3, ge=1, le=16)
    dropout: float = Field(0.1, ge=0.0, lt=1.0)
    seed: int = Field(0, ge=0)
    steps: int = Field(4000, ge=1)
    batch: int = Field(512, ge=2)
    learning_rate: float = Field(1e-3, gt=0.0)
    weight_decay: float = Field(1e-3, ge=0.0)


class SafetyConfig(Strict):
    """How the guard judges proposals; the limits themselves are the robot's. Times in s.

    lead: points nearer than this are dropped from what is sent, so that a controller which starts late still has
    room to join. latency: from the guard's `now` until the controller starts to follow.
    jitter: how much later than that it may be; what is sent keeps the limits however late it is joined, up to this.
    start_tolerance: rad beyond vmax * t that the first point may lie from the measured joints.
    clip: rad that a position may exceed its limit and be clipped instead of rejected.
    stretch: the longest slow-down that may repair a velocity or acceleration excess, as a factor.
    """

    horizon: float = Field(1.5, gt=0.0, le=10.0)
    max_age: float = Field(0.2, gt=0.0, le=5.0)
    max_state_age: float = Field(0.1, gt=0.0, le=5.0)
    lead: float = Field(0.05, ge=0.0, le=0.5)
    latency: float = Field(0.0, ge=0.0, le=0.5)
    jitter: float = Field(0.004, ge=0.0, le=0.05)
    start_tolerance: float = Field(0.05, gt=0.0, le=0.5)
    clip: float = Field(1e-3, ge=0.0, le=0.01)
    stretch: float = Field(1.3, ge=1.0, le=3.0)


class RefineConfig(Strict):
    """The second stage of training, on frozen latents, which makes long rollouts cheap to train.

    horizon: steps predicted open loop. pair_steps: how far apart the moments lie at most that the metric is fitted to.
    """

    seed: int = Field(0, ge=0)
    steps: int = Field(1200, ge=1)
    batch: int = Field(96, ge=2)
    horizon: int = Field(12, ge=1, le=64)
    learning_rate: float = Field(5e-4, gt=0.0)
    weight_decay: float = Field(1e-3, ge=0.0)
    metric: float = Field(1.0, ge=0.0, description="weight of the prediction error as the metric reads it")
    touch: float = Field(0.5, ge=0.0, description="weight of the foreseen touch")
    pair_steps: int = Field(40, ge=1)


class ModelCardConfig(Strict):
    """`config.yaml` of a shipped model: architecture and the planner settings it was evaluated with.

    workspace: where the tool was in the training data, m; plans stay in it and in the robot's own. None: the robot's.
    refine: the second stage of training, None where there was none.
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


ConfigT = TypeVar("ConfigT", bound=Strict)


def load_config(kind: type[ConfigT], path: Path | str) -> ConfigT:
    """Reads and validates one YAML file. Raises `ConfigError`."""
    path = Path(path)
    try:
        data = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the configuration: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    return parse_config(kind, data if data is not None else {}, str(path))


def parse_config(kind: type[ConfigT], data: Any, source: str) -> ConfigT:
    """Validates plain data; `source` names it in messages. Raises `ConfigError`."""
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: expected a mapping of keys to values, got {type(data).__name__}")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(kind, item, source) for item in error.errors())) from None


def save_config(config: Strict, path: Path | str) -> None:
    """Writes YAML that `load_config` reads back to an equal value."""
    Path(path).write_text(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def _explain(kind: type[BaseModel], item: Any, source: str) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        known = _keys_beside(kind, item["loc"])
        near = difflib.get_close_matches(str(item["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"expected one of: {', '.join(known)}"
        return f"{source}: unknown key '{where}'; {hint}"
    if item["type"] == "missing":
        return f"{source}: key '{where}' is missing"
    message = item["msg"].removeprefix("Value error, ")
    return f"{source}: {where or 'configuration'} = {item['input']!r}: {message}"


def _keys_beside(kind: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    for part in location[:-1]:
        field = kind.model_fields.get(str(part))
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            break
        kind = field.annotation
    return list(kind.model_fields)
