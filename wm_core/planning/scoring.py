"""What the candidates of one plan are scored by."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from wm_core.planning.evaluator import Scores
from wm_core.planning.task import Task


@dataclass(frozen=True, eq=False)
class Scoring:
    """joints, velocity: (J,) rad and rad/s, where candidates start. latent: (*latent) there, None where nothing is imagined.

    led: (K, A), what all of them begin with.
    """

    task: Task
    joints: Tensor
    velocity: Tensor
    latent: Tensor | None
    led: Tensor

    def __call__(self, actions: Tensor) -> Scores:
        """actions: (S, H, A)"""
        if len(self.led):
            actions = torch.cat([self.led.expand(len(actions), -1, -1), actions[:, len(self.led) :]], dim=1)
        candidates = self.task.space.candidates(actions, self.joints, self.velocity)
        return self.task.evaluator.evaluate(candidates, self.latent)

    @property
    def recordable(self) -> bool:
        """Whether the same launches do for every plan of this kind, and the host has to wait for none of them."""
        model = self.task.evaluator.world_model
        return not self.task.space.waits and (self.latent is None or getattr(model, "recordable", False))

    @property
    def kind(self) -> Hashable:
        """What two plans have in common that differ by nothing but numbers in their `inputs`."""
        names = tuple(objective.name for objective in self.task.evaluator.objectives)
        return self.task.kind, self.task.focus, names, self.latent is None

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Whatever of it depends on the moment or the goal, in an order that goes by `kind` alone."""
        told = [part for objective in self.task.evaluator.objectives for part in getattr(objective, "told", ())]
        moment = [self.joints, self.velocity, self.led] + ([] if self.latent is None else [self.latent])
        return *moment, *self.task.space.told, *told

    def held(self) -> Scoring:
        """The same with a memory of its own for the moment. The goal's stays: whoever writes there takes the task over."""
        latent = None if self.latent is None else self.latent.clone()
        return replace(
            self, joints=self.joints.clone(), velocity=self.velocity.clone(), led=self.led.clone(), latent=latent
        )
