"""How models are trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from wm_core.config.seed import LARGEST_SEED
from wm_core.config.strict import Strict


class LossConfig(Strict):
    """Weights of the training loss. object: of the object's part of the inverse dynamics, beside the tool's.

    absolute: the metric is fitted between episodes too, to where the tool is and where a hand held the object.
    """

    regulariser: Literal["sigreg", "vicreg", "ema"] = "sigreg"
    regularisation: float = Field(0.05, ge=0.0)
    inverse_dynamics: float = Field(1.0, ge=0.0)
    prediction: float = Field(1.0, ge=0.0)
    object: float = Field(1.0, ge=0.0)
    touch_noise: float = Field(0.0, ge=0.0, description="variance of what was felt of the object, a step with touch")
    far_pairs: bool = Field(False, description="two windows of every episode: the metric is fitted across both")
    absolute: bool = False
    momentum: float = Field(0.99, ge=0.0, le=1.0, description="of the target encoder that 'ema' predicts")


class TrainingConfig(Strict):
    """One training run.

    augmentation: how much light, contrast, colour and glare are varied, 0 not at all, 1 strongly. shift: px that
    pictures are shifted at most. recolour: how far hues are turned, 1 is all
    the way round. light_change: share of the windows whose light and hues change at some moment.
    intruders: share of the windows with an unknown box in front of each camera, from some moment on.
    """

    seed: int = Field(0, ge=0, le=LARGEST_SEED)
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
    recolour: float = Field(0.0, ge=0.0, le=1.0)
    shift: float = Field(0.0, ge=0.0, le=1.0)
    light_change: float = Field(0.0, ge=0.0, le=1.0)
    intruders: float = Field(0.0, ge=0.0, le=1.0)
    loss: LossConfig = LossConfig()

    @model_validator(mode="after")
    def _pairs(self) -> TrainingConfig:
        if self.loss.far_pairs and self.batch % 2:
            raise ValueError(f"batch is {self.batch}, expected an even number: loss.far_pairs draws windows in pairs")
        return self


class RefineConfig(Strict):
    """The second stage of training, on frozen latents, which makes long rollouts cheap to train.

    horizon: steps predicted open loop. pair_steps: how far apart the moments lie at most that the metric is fitted to.
    """

    seed: int = Field(0, ge=0, le=LARGEST_SEED)
    steps: int = Field(1200, ge=1)
    batch: int = Field(96, ge=2)
    horizon: int = Field(12, ge=1, le=64)
    learning_rate: float = Field(5e-4, gt=0.0)
    weight_decay: float = Field(1e-3, ge=0.0)
    metric: float = Field(1.0, ge=0.0, description="weight of the prediction error as the metric reads it")
    touch: float = Field(0.5, ge=0.0, description="weight of the foreseen touch")
    pair_steps: int = Field(40, ge=1)


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
    seed: int = Field(0, ge=0, le=LARGEST_SEED)
    steps: int = Field(4000, ge=1)
    batch: int = Field(512, ge=2)
    learning_rate: float = Field(1e-3, gt=0.0)
    weight_decay: float = Field(1e-3, ge=0.0)
