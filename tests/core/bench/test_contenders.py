"""Every contender solves the same problem, and who is missing is named."""

import sys

import numpy as np
import pytest

from wm_core.bench.budget import Budget
from wm_core.bench.busy import busy_process
from wm_core.bench.field import make_field, models_by_backend
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.missing import MissingPackage
from wm_core.bench.planner_bench import budget_rows, busy_row
from wm_core.bench.pytorch_mppi import PytorchMppi
from wm_core.bench.replanner import replanner
from wm_core.bench.report import Row
from wm_core.bench.stable_worldmodel import StableWorldModel

BUDGET = Budget(32, 3, 3)


@pytest.fixture
def problem(agent):
    return LatentProblem(agent.planner.world_model, agent.planner.max_step)


def make(name: str, problem: LatentProblem, warm: bool = False):
    try:
        if name == "pytorch-mppi":
            return PytorchMppi(problem, "torch", BUDGET, warm)
        return StableWorldModel(name, problem, "torch", BUDGET, warm)
    except MissingPackage as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ["pytorch-mppi", "cem", "icem", "mppi"])
@pytest.mark.parametrize("warm", [False, True])
def test_the_planners_of_others_find_better_than_standing_still(name, warm, problem, situations):
    contender, gains = make(name, problem, warm), []
    for seed, situation in enumerate(situations):
        contender.reset(seed)
        for _ in range(2):
            controls = contender.plan(situation.observations, situation.goal)
        assert controls.shape == (3, 4)
        assert np.linalg.norm(controls[:, :3], axis=1).max() <= problem.max_step + 1e-6
        assert set(controls[:, 3]) <= {-1.0, 0.0, 1.0}
        judge = lambda chosen: problem.judge(situation.observations, situation.goal, chosen)
        gains.append(judge(np.zeros((3, 4))) - judge(controls))
    assert np.mean(gains) > 0.0


@pytest.mark.parametrize("name", ["pytorch-mppi", "cem"])
def test_one_seed_is_one_plan(name, problem, situations):
    contender, made = make(name, problem), []
    for seed in (1, 1, 2):
        contender.reset(seed)
        made.append(contender.plan(situations[0].observations, situations[0].goal))
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])


@pytest.mark.parametrize("module, package", [("pytorch_mppi", "pytorch-mppi"), ("stable_worldmodel", "stable-worldmodel")])
def test_who_is_missing_is_named_and_the_others_go_on(module, package, agent, situations, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "pytorch_mppi", None)
    field, left_out = make_field(agent, {"torch": agent.planner.world_model}, BUDGET)
    assert [contender.name for contender in field] == ["ours (cem)", "bare predictor"]
    assert any(package in line and "pip install --no-deps -r requirements/bench.txt" in line for line in left_out)


def test_rows_are_as_they_are_documented(agent, situations):
    models, _ = models_by_backend(agent.planner.world_model)
    rows, left_out = budget_rows(agent, {name: models[name] for name in ("torch", "fused")}, BUDGET, situations, plans=2)
    assert {(row.planner, row.backend) for row in rows} >= {("ours (cem)", "fused"), ("bare predictor", "torch")}
    assert len({(row.planner, row.backend) for row in rows}) == len(rows)
    for row in rows:
        assert Row.model_validate_json(row.model_dump_json()) == row
        assert row.budget == "32x3x3" and 0.0 < row.p50_ms <= row.p95_ms and row.success is None
        assert (row.cost is None) == (row.planner == "bare predictor")
    ours = {row.backend: row.cost for row in rows if row.planner == "ours (cem)"}
    assert ours["torch"] == pytest.approx(ours["fused"], abs=1e-3)
    assert len(rows) + 7 * len(left_out) >= 11  # 2 x 2 of ours, one of pytorch-mppi, 2 x 3 of stable-worldmodel


def test_beside_a_busy_process(agent, situations):
    row = busy_row(agent, agent.planner.world_model, "torch", BUDGET, 1, situations, plans=2)
    assert row.ratio == pytest.approx(row.busy_p95_ms / row.quiet_p95_ms, abs=1e-3) and row.threads == 1


def test_the_busy_process_ends():
    with busy_process() as process:
        assert process.poll() is None
    assert process.poll() is not None


def test_changes_of_the_planner_are_of_its_settings(agent):
    changed = replanner(agent.planner, samples=8, warm_start=False)
    assert (changed.config.samples, changed.config.warm_start, changed.config.horizon) == (8, False, 3)
    assert changed.prior is agent.planner.prior and changed.world_model is agent.planner.world_model
