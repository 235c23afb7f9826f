"""Times and costs of planners within standard budgets, how time grows, and what a busy machine does to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from wm_core.agent import WorldModelAgent
from wm_core.backends import with_backend
from wm_core.bench.budget import Budget
from wm_core.bench.busy import busy_process
from wm_core.bench.contender import Contender
from wm_core.bench.field import Model, make_field
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.ours import BareRollout, Ours
from wm_core.bench.plan_check import Situation
from wm_core.bench.replanner import replanner
from wm_core.bench.report import BusyRow, Row, ScalingRow, percentiles
from wm_core.bench.timing import measure
from wm_core.config import BackendName, WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.planning import MpcPlanner

VARIED: dict[str, tuple[Budget, ...]] = {
    "samples": tuple(Budget(samples, 5, 3) for samples in (32, 64, 128, 256, 512)),
    "horizon": tuple(Budget(128, horizon, 3) for horizon in (2, 4, 8, 12, 16)),
    "iterations": tuple(Budget(128, 5, iterations) for iterations in (1, 2, 4, 6, 8)),
}
LATENTS = (64, 192, 512)


def budget_rows(
    agent: WorldModelAgent, models: dict[BackendName, Model], budget: Budget, situations: Sequence[Situation], plans: int
) -> tuple[list[Row], list[str]]:
    """One row a contender, and who is missing."""
    field, left_out = make_field(agent, models, budget)
    times, chosen = measure(field, situations, plans)
    judge = LatentProblem(models["torch"], agent.planner.max_step, agent.planner.config.near_enough)
    rows = []
    for contender, taken, controls in zip(field, times, chosen):
        costs = [
            judge.judge(situation.observations, situation.goal, control)
            for control, situation in zip(controls, _cycle(situations, plans))
        ]
        middle, late = percentiles(taken)
        cost = None if isinstance(contender, BareRollout) else round(sum(costs) / len(costs), 5)
        name, backend = contender.name, contender.backend
        rows.append(Row(planner=name, backend=backend, budget=str(budget), p50_ms=middle, p95_ms=late, cost=cost))
    return rows, left_out


def scaling_rows(agent: WorldModelAgent, model: Model, situations: Sequence[Situation], plans: int) -> Iterator[ScalingRow]:
    """Our planner with one part of the budget varied at a time, the budgets in turn."""
    size = model.config.visual_dim + model.config.joint_dim
    for varied, budgets in VARIED.items():
        field = [Ours(_with_budget(agent, model, budget), "") for budget in budgets]
        for budget, taken in zip(budgets, measure(field, situations, plans)[0]):
            yield _scaling(varied, budget, size, taken)


def latent_rows(
    config: WorldModelConfig, backend: BackendName, situations: Sequence[Situation], plans: int
) -> Iterator[ScalingRow]:
    """Rollouts of untrained models that are like this one but for the size of their latent."""
    budget, field, sizes = Budget(128, 5, 3), [], []
    for visual in LATENTS:
        model = JepaWorldModel(config.model_copy(update={"visual_dim": visual, "ensemble": 1})).eval().requires_grad_(False)
        backed = with_backend(model, backend, budget.samples, budget.horizon)
        field.append(BareRollout(LatentProblem(backed, config.max_step), backend, budget))
        sizes.append(visual + config.joint_dim)
    for size, taken in zip(sizes, measure(field, situations, plans)[0]):
        yield _scaling("latent", budget, size, taken)


def busy_row(
    agent: WorldModelAgent,
    model: Model,
    backend: BackendName,
    budget: Budget,
    threads: int,
    situations: Sequence[Situation],
    plans: int,
) -> BusyRow:
    """The same plans, first alone, then beside a process that computes without pause."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        ours: list[Contender] = [Ours(_with_budget(agent, model, budget), backend)]
        quiet = percentiles(measure(ours, situations, plans)[0][0])
        with busy_process():
            busy = percentiles(measure(ours, situations, plans)[0][0])
    finally:
        torch.set_num_threads(before)
    return BusyRow(
        backend=backend,
        budget=str(budget),
        threads=threads,
        quiet_p50_ms=quiet[0],
        quiet_p95_ms=quiet[1],
        busy_p50_ms=busy[0],
        busy_p95_ms=busy[1],
        ratio=round(busy[1] / quiet[1], 3),
    )


def _with_budget(agent: WorldModelAgent, model: Model, budget: Budget) -> MpcPlanner:
    size = {"samples": budget.samples, "horizon": budget.horizon, "iterations": budget.iterations}
    return replanner(agent.planner, model, deadline=60.0, **size)


def _scaling(varied: str, budget: Budget, size: int, taken: Sequence[float]) -> ScalingRow:
    middle, _ = percentiles(taken)
    return ScalingRow(varied=varied, budget=str(budget), latent=size, evaluations=budget.evaluations, p50_ms=middle)


def _cycle(situations: Sequence[Situation], count: int) -> list[Situation]:
    return [situations[number % len(situations)] for number in range(count)]
