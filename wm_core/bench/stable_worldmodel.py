"""The solvers of the package stable-worldmodel on our problem."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from wm_core.bench.budget import Budget
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.missing import MissingPackage
from wm_core.planning.prior import ActionPrior, fit_horizon
from wm_core.types import Goal, Observation

PACKAGE = "stable_worldmodel"
STD, TEMPERATURE, ELITES = 0.6, 0.02, 0.1  # as our own planner has them
Method = Literal["cem", "icem", "mppi"]


@dataclass(frozen=True)
class _PlanConfig:
    """What its solvers read of a configuration."""

    horizon: int
    action_block: int = 1


class StableWorldModel:
    """Implements `Contender` with its CEM, iCEM or MPPI; candidates are scored in one batch, as its own models do."""

    def __init__(
        self,
        method: Method,
        problem: LatentProblem,
        backend: str,
        budget: Budget,
        warm_start: bool = False,
        prior: ActionPrior | None = None,
    ) -> None:
        """prior: with one, a plan starts from what costs least of its modes and the last plan. Raises `MissingPackage`."""
        self.name, self.backend = f"stable-worldmodel {method}", backend
        self._problem, self._budget, self._warm, self._prior = problem, budget, warm_start, prior
        self._solvers = _import_solvers()
        self._method = method
        self.reset(0)

    def reset(self, seed: int) -> None:
        """See `Contender`."""
        from gymnasium.spaces import Box

        actions = self._problem.model.action_dim
        self._solver = self._make(seed)
        space = Box(-1.0, 1.0, (1, actions))
        self._solver.configure(action_space=space, n_envs=1, config=_PlanConfig(self._budget.horizon))
        self._last: Tensor | None = None

    @torch.inference_mode()
    def plan(self, observations: Sequence[Observation], goal: Goal) -> np.ndarray:
        """See `Contender`."""
        self._goal, self._latent = goal, self._problem.encode(observations)
        # Beyond the bounds all is the longest step: a mean that went there would never find back. Ours is brought back, too.
        start = None if self._last is None or not self._warm else self._last[:, 1:].clamp(-1.0, 1.0)
        start = start if self._prior is None else self._likeliest(self._prior, start)
        with contextlib.redirect_stdout(io.StringIO()):  # it prints how long it took
            self._last = self._solver.solve({"one": torch.zeros(1, 1)}, start)["actions"]
        return self._problem.controls(self._last[0]).numpy()

    def get_cost(self, info: dict[str, Tensor], candidates: Tensor) -> Tensor:
        """What its solvers ask a model for. candidates: (1, S, H, A) -> (1, S)"""
        return self._problem.costs(self._latent, self._problem.controls(candidates[0]), self._goal)[None]

    def _likeliest(self, prior: ActionPrior, last: Tensor | None) -> Tensor:
        """last: (1, H - 1, A), or None -> (1, H, A)"""
        encoded, none = self._problem.encoded(self._goal), torch.Generator()
        modes, _ = prior.propose(self._latent.to(encoded.device), encoded, self._goal.focus, 0, none)
        known = [modes.cpu()] if last is None else [modes.cpu(), last]
        starts = torch.cat([fit_horizon(found, self._budget.horizon) for found in known])
        best = self.get_cost({}, starts[None])[0].argmin()
        return starts[best][None]

    def _make(self, seed: int) -> object:
        samples, elites = self._budget.samples, max(2, round(ELITES * self._budget.samples))
        shared = {"num_samples": samples, "var_scale": STD, "n_steps": self._budget.iterations, "topk": elites, "seed": seed}
        if self._method == "mppi":
            return self._solvers.MPPISolver(self, temperature=TEMPERATURE, **shared)
        return {"cem": self._solvers.CEMSolver, "icem": self._solvers.ICEMSolver}[self._method](self, **shared)


def _import_solvers() -> ModuleType:
    """Its solvers alone: the package's own start imports data sets, databases and environments that they do not use."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None:
        raise MissingPackage("stable-worldmodel", None)
    if PACKAGE not in sys.modules:
        bare = ModuleType(PACKAGE)
        bare.__path__ = list(found.submodule_search_locations)
        bare.__spec__ = found
        sys.modules[PACKAGE] = bare
    try:
        return importlib.import_module(f"{PACKAGE}.solver")
    except ImportError as error:
        raise MissingPackage("what stable-worldmodel needs", error.name) from error
