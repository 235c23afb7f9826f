"""The whole benchmark in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import torch

from wm_core.agent import WorldModelAgent, load_agent
from wm_core.backends import choose_backend
from wm_core.bench.budget import STANDARD
from wm_core.bench.field import models_by_backend
from wm_core.bench.machine import describe_machine
from wm_core.bench.plan_check import Situation
from wm_core.bench.planner_bench import VARIED, budget_rows, busy_row, latent_rows, scaling_rows
from wm_core.bench.replanner import replanner
from wm_core.bench.report import BenchReport, BusyRow, Row, ScalingRow, fit_line
from wm_core.bench.situations import PER_EPISODE, record_situations
from wm_core.environments import make_environment

EPISODES = 2  # a task: eight moments far from the goal and near it


def run_bench(
    folder: Path, environment: str, tasks: Sequence[str], seed: int, plans: int, quick: bool, say: Callable[[str], None]
) -> BenchReport:
    """quick: the smallest budget and no scaling. say: told what comes next, for people. On the CPU.

    Raises `ValueError`s of model and environment.
    """
    machine = describe_machine()  # before the load is our own
    agent = load_agent(folder, "cpu", backend="torch")
    situations = _situations(agent, environment, tasks, seed, 1 if quick else EPISODES)
    base = agent.planner.world_model
    models, left_out = models_by_backend(base)
    choice = choose_backend(base, agent.planner.config.samples, agent.planner.config.horizon)
    say(str(choice))
    rows: list[Row] = []
    for budget in STANDARD[:1] if quick else STANDARD:
        say(f"budget {budget}")
        found, missing = budget_rows(agent, models, budget, situations, plans)
        rows += found
        left_out += [line for line in missing if line not in left_out]
    scaling: list[ScalingRow] = []
    if not quick:
        say("scaling")
        scaling += scaling_rows(agent, models[choice.backend], situations, plans)
        scaling += latent_rows(base.config, choice.backend, situations, plans)
    busy: list[BusyRow] = []
    for threads in sorted({1, torch.get_num_threads()}):
        say(f"beside a busy process, {threads} threads")
        model = models[choice.backend]
        busy.append(busy_row(agent, model, choice.backend, STANDARD[0 if quick else 1], threads, situations, plans))
    return BenchReport(
        model=folder.name,
        date=datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        machine=machine,
        plans=plans,
        rows=tuple(rows),
        scaling=tuple(scaling),
        fits=tuple(fit_line(scaling, varied) for varied in VARIED) if scaling else (),
        busy=tuple(busy),
        left_out=tuple(left_out),
    )


def _situations(
    agent: WorldModelAgent, environment: str, tasks: Sequence[str], seed: int, episodes: int
) -> list[Situation]:
    """Driven by the planner at its own settings, however long it takes."""
    driver = WorldModelAgent(agent.encoder, agent.predictor, replanner(agent.planner, deadline=60.0))
    found: list[Situation] = []
    for task in tasks:
        scene = make_environment(environment, task=task, views=agent.planner.world_model.config.views)
        try:
            found += record_situations(scene, driver, episodes * PER_EPISODE, seed)
        finally:
            scene.close()
    return found
