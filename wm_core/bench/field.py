"""Everyone who is measured within one budget."""

from __future__ import annotations

from wm_core.agent import WorldModelAgent
from wm_core.backends import BACKENDS, BackendError
from wm_core.backends.backed_model import BackedWorldModel
from wm_core.backends.choose import make_rollout
from wm_core.bench.budget import Budget
from wm_core.bench.contender import Contender
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.missing import MissingPackage
from wm_core.bench.ours import BareRollout, Ours
from wm_core.bench.pytorch_mppi import PytorchMppi
from wm_core.bench.replanner import replanner
from wm_core.bench.stable_worldmodel import StableWorldModel
from wm_core.config import BackendName
from wm_core.model.world_model import JepaWorldModel

Model = JepaWorldModel | BackedWorldModel


def models_by_backend(model: JepaWorldModel) -> tuple[dict[BackendName, Model], list[str]]:
    """The model on every backend that can be had, and why the others cannot. How far each agrees is another question."""
    found: dict[BackendName, Model] = {"torch": model}
    left_out = []
    for name in BACKENDS[1:]:
        try:
            found[name] = BackedWorldModel(model, name, make_rollout(model, name))
        except BackendError as error:
            left_out.append(f"backend {name}: {error}")
    return found, left_out


def make_field(
    agent: WorldModelAgent, models: dict[BackendName, Model], budget: Budget
) -> tuple[list[Contender], list[str]]:
    """Ours, with and without explanation, and the floor on every backend, the planners of others on the model itself and on the fused one.

    pytorch-mppi asks for one step at a time, which no other backend serves. What one has looked at, another looks at
    anew. -> contenders, and who is missing.
    """
    planner = agent.planner
    told = planner.max_step, planner.config.near_enough
    size = {"samples": budget.samples, "horizon": budget.horizon, "iterations": budget.iterations, "deadline": 60.0}
    field: list[Contender] = []
    for name, model in models.items():
        field += [Ours(replanner(planner, _anew(model), **size), name, explained) for explained in (False, True)]
        field.append(BareRollout(LatentProblem(model, *told), name, budget))
    left_out = []
    makers = []
    for name in (name for name in ("torch", "fused") if name in models):
        makers.append((name, lambda problem, name: PytorchMppi(problem, name, budget)))
        for method in ("cem", "icem", "mppi"):
            makers.append((name, lambda problem, name, method=method: StableWorldModel(method, problem, name, budget)))
    for name, make in makers:
        try:
            field.append(make(LatentProblem(_anew(models[name]), *told), name))
        except MissingPackage as error:
            left_out.append(str(error))
    return field, sorted(set(left_out))


def _anew(model: Model) -> Model:
    return model.anew() if isinstance(model, BackedWorldModel) else model
