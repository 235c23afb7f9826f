"""What a world model is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wm_core.config.strict import Strict


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
    keypoints: the vector is made of where this many learned features are seen, instead of the features themselves.
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
    channels: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64, 128, 256), min_length=1)
    keypoints: int = Field(0, ge=0, le=512)
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
        if self.keypoints and self.latent == "grid":
            raise ValueError("keypoints needs latent 'vector': a grid keeps its features where they are")
        if self.predictor == "conv" and self.latent != "grid":
            raise ValueError("predictor 'conv' needs latent 'grid'")
        return self
