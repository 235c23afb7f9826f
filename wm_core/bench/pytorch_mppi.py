"""The planner of the package pytorch-mppi on our problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.bench.budget import Budget
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.missing import MissingPackage
from wm_core.types import Goal, Observation

STD, TEMPERATURE = 0.6, 0.02  # of the largest action, as our own first draw; in cost, of the weights


class PytorchMppi:
    """Implements `Contender`. An iteration is one `command` that refines the last one, as its documentation has it."""

    name = "pytorch-mppi"

    def __init__(self, problem: LatentProblem, backend: str, budget: Budget, warm_start: bool = False) -> None:
        """Raises `MissingPackage`."""
        try:
            from pytorch_mppi import MPPI
        except ImportError as error:
            raise MissingPackage("pytorch-mppi", error.name) from error
        self.backend = backend
        self._problem, self._budget, self._warm = problem, budget, warm_start
        size, actions = problem.model.config, problem.model.action_dim
        self._shape = (problem.model.history, size.visual_dim + size.joint_dim)
        self._still = torch.zeros(budget.horizon, actions)
        self._mppi = MPPI(
            self._next,
            self._nothing_yet,
            nx=self._shape[0] * self._shape[1],
            noise_sigma=STD**2 * torch.eye(actions),
            num_samples=budget.samples,
            horizon=budget.horizon,
            terminal_state_cost=self._cost,
            lambda_=TEMPERATURE,
            u_min=-torch.ones(actions),
            u_max=torch.ones(actions),
            U_init=self._still.clone(),
            u_per_command=budget.horizon,
        )
        self.reset(0)

    def reset(self, seed: int) -> None:
        """See `Contender`."""
        self._seed, self._fresh = seed, True

    @torch.inference_mode()
    def plan(self, observations: Sequence[Observation], goal: Goal) -> np.ndarray:
        """See `Contender`."""
        self._goal = goal
        latent = self._problem.encode(observations).flatten()
        if self._fresh or not self._warm:
            self._mppi.U = self._still.clone()
        with torch.random.fork_rng(devices=[]):  # it draws from torch's own generator
            torch.manual_seed(self._seed)
            for iteration in range(self._budget.iterations):
                shift = iteration == 0 and self._warm and not self._fresh
                actions = self._mppi.command(latent, shift_nominal_trajectory=shift)
        self._seed, self._fresh = self._seed + 1, False
        return self._problem.controls(actions.reshape(self._still.shape)).numpy()

    def _next(self, state: Tensor, action: Tensor) -> Tensor:
        return self._problem.next(state.unflatten(-1, self._shape), self._problem.controls(action)).flatten(1)

    def _nothing_yet(self, state: Tensor, action: Tensor) -> Tensor:
        """What steps cost is told at the end, of all steps at once: that takes it less time."""
        return state.new_zeros(len(state))

    def _cost(self, states: Tensor, actions: Tensor) -> Tensor:
        """states: (1, S, H, K * D), actions: (1, S, H, A) -> (1, S)"""
        return self._problem.path_costs(states.unflatten(-1, self._shape)[0], self._problem.controls(actions[0]), self._goal)[None]
