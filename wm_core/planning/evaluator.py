"""Adds up the cost of imagined futures and remembers who contributed what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Sequence

import torch
from torch import Tensor

from wm_core.cuda import Launch
from wm_core.explanation import CostTerm
from wm_core.planning.cost_kernel import CostKernel, cost_kernel
from wm_core.protocols import Candidates, Objective, WorldModel


@dataclass(frozen=True)
class Scores:
    """candidates: those that were scored. costs: (S,), inf where a future is invalid; shares: (K, S), weighted."""

    candidates: Candidates
    costs: Tensor
    shares: Tensor
    names: tuple[str, ...]

    def without_latents(self) -> Scores:
        """The same, to be kept: latents are most of what they take."""
        return replace(self, candidates=replace(self.candidates, latents=None))

    def terms(self, row: int) -> tuple[CostTerm, ...]:
        """The share of each objective in the cost of one candidate."""
        return tuple(CostTerm(name, value) for name, value in zip(self.names, self.shares[:, row].tolist()))


class Evaluator:
    """Sums objectives; imagines only if one of them looks at latents."""

    def __init__(
        self, objectives: Sequence[Objective], world_model: WorldModel | None = None, launch: Launch | None = None
    ) -> None:
        """Objectives of weight 0 are left out. launch: of `cost_launch`. Raises `ValueError` if none remains, or a model is missing."""
        self.objectives = tuple(objective for objective in objectives if objective.weight > 0.0)
        if not self.objectives:
            raise ValueError("every objective has weight 0: there is nothing to plan for")
        self.needs_latents = any(objective.needs_latents for objective in self.objectives)
        if self.needs_latents and world_model is None:
            raise ValueError("an objective needs imagined latents, and there is no world model")
        self.world_model, self.launch = world_model, launch
        self._kernel: CostKernel | None = None

    def evaluate(self, candidates: Candidates, latent: Tensor | None = None) -> Scores:
        """latent: (*latent) that the futures start from; needed if `needs_latents`. NaN costs become +inf."""
        if self.needs_latents:
            candidates = replace(candidates, latents=self.world_model.rollout(latent, candidates.controls))
        costs, shares = self._by_kernel(candidates) or self._by_tensors(candidates)
        return Scores(candidates, costs, shares, tuple(objective.name for objective in self.objectives))

    def _by_tensors(self, candidates: Candidates) -> tuple[Tensor, Tensor]:
        shares = torch.stack([objective.weight * objective.cost(candidates) for objective in self.objectives])
        return torch.nan_to_num(shares.sum(0), nan=torch.inf, posinf=torch.inf, neginf=torch.inf), shares

    def _by_kernel(self, candidates: Candidates) -> tuple[Tensor, Tensor] | None:
        """None where there is no kernel, or a gradient is wanted, which it does not know."""
        path = candidates.joint_path
        if self.launch is None or path.requires_grad:
            return None
        if self._kernel is None:  # not before somebody asks: most goals that are made for a plan are scored by a recording
            self._kernel = cost_kernel(self.launch, self.objectives, path.shape[-1], path.device)
        return None if self._kernel is None else self._kernel.cost(candidates)
