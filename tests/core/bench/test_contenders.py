"""Every contender solves the same problem, and who is missing is named."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from wm_core.baselines.mover import Mover
from wm_core.bench.budget import Budget
from wm_core.bench.busy import busy_process
from wm_core.bench.contender_policy import ContenderPolicy
from wm_core.bench.field import make_field, models_by_backend
from wm_core.bench.latent_problem import LatentProblem
from wm_core.bench.missing import MissingPackage
from wm_core.bench.planner_bench import budget_rows, busy_row
from wm_core.bench.pytorch_mppi import PytorchMppi
from wm_core.bench.replanner import replanner
from wm_core.bench.report import Row
from wm_core.bench.stable_worldmodel import StableWorldModel
from wm_core.planning.prior import fit_horizon
from wm_core.types import Focus, Goal

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


def test_all_have_the_goal_cost_of_our_planner(agent, situations):
    # What is nearer than 10 cm costs nothing where the goal is about the object, and only there.
    near = LatentProblem(agent.planner.world_model, agent.planner.max_step, near_enough=0.1)
    exact = LatentProblem(agent.planner.world_model, agent.planner.max_step)
    seen, controls = situations[0].observations, np.zeros((3, 4))
    for focus in Focus:
        goal = replace(situations[0].goal, focus=focus)
        told = [problem.judge(seen, goal, controls) for problem in (exact, near)]
        # Three steps, the last of which counts twice, all farther away than 10 cm.
        assert told[0] - told[1] == pytest.approx(0.4 if focus is Focus.OBJECT else 0.0, abs=1e-5)


def test_where_nothing_is_to_gain_standing_still_costs_least(problem, situations):
    latent = problem.encode(situations[0].observations)
    far = LatentProblem(problem.model, problem.max_step, near_enough=10.0)  # all is near enough
    still, moving, gripping = torch.zeros(3, 3, 4).unbind()
    moving[:, 0], gripping[:, 3] = problem.max_step, 1.0
    goal = replace(situations[0].goal, focus=Focus.OBJECT)
    costs = far.costs(latent, torch.stack([still, moving, gripping]), goal).tolist()
    # A longest step costs 0.2 mm, a command to the gripper 2 mm; there are three.
    assert costs == pytest.approx([0.0, 6e-4, 6e-3], abs=1e-6)


def test_pytorch_mppi_is_told_the_same_costs(problem, situations):
    contender = make("pytorch-mppi", problem)
    latent, goal = problem.encode(situations[0].observations), situations[0].goal
    contender.plan(situations[0].observations, goal)
    actions = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(0)).clamp(-1.0, 1.0)
    with torch.inference_mode():
        told, _, _ = contender._mppi._compute_rollout_costs(actions)
        expected = problem.costs(latent, problem.controls(actions), goal)
    torch.testing.assert_close(told, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["pytorch-mppi", "cem"])
def test_one_seed_is_one_plan(name, problem, situations):
    contender, made = make(name, problem), []
    for seed in (1, 1, 2):
        contender.reset(seed)
        made.append(contender.plan(situations[0].observations, situations[0].goal))
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])


class Dice:
    """Implements `Contender`: goes wherever the dice say."""

    name, backend = "dice", "none"

    def reset(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def plan(self, observations, goal) -> np.ndarray:
        return self._random.uniform(-0.03, 0.03, (3, 3))


def test_in_closed_loop_the_seed_of_the_episode_decides(robot, arm, home, fakes):
    def episode(seed):
        policy = ContenderPolicy(Dice(), Mover(arm, robot, 0.05), 1, 0.2)
        policy.start(seed)
        found = []
        for number in range(4):
            if number % 2 == 0:  # two goals, two actions each
                policy.pursue(Goal(image=np.zeros((4, 4, 3), np.uint8)))
            found.append(policy.act(fakes.observe(home, 0.2 * number)).joints)
        return np.stack(found)

    one, again, other = episode(10), episode(10), episode(20)
    assert np.array_equal(one, again) and not np.isclose(one[:, 0], other[:, 0]).any()
    assert not np.isclose(one[0, 0], one[2, 0])  # the second goal is no repetition of the first


@pytest.mark.parametrize("module, package", [("pytorch_mppi", "pytorch-mppi"), ("stable_worldmodel", "stable-worldmodel")])
def test_who_is_missing_is_named_and_the_others_go_on(module, package, agent, situations, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "pytorch_mppi", None)
    field, left_out = make_field(agent, {"torch": agent.planner.world_model}, BUDGET)
    assert [contender.name for contender in field] == ["ours (cem)", "ours (cem, explained)", "bare predictor"]
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
    assert len(rows) + 8 * len(left_out) >= 14  # 2 x 3 of ours, 2 of pytorch-mppi, 2 x 3 of stable-worldmodel


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


def test_told_our_prior_it_starts_from_the_mode_that_costs_least(problem, situations, monkeypatch):
    latent, goal = problem.encode(situations[0].observations), situations[0].goal
    still = torch.zeros(2, 4)  # shorter than the horizon: what follows is standing still
    modes = torch.stack([still, still, still])
    modes[0, :, 0], modes[2, :, 0] = 1.0, -1.0
    with torch.inference_mode():
        costs = problem.costs(latent, problem.controls(fit_horizon(modes, BUDGET.horizon)), goal)

    class Prior:
        def propose(self, seen, wanted, focus, count, generator):
            assert torch.equal(seen, latent) and focus is goal.focus and count == 0
            return modes, modes[:0]

    try:
        contender = StableWorldModel("cem", problem, "torch", BUDGET, prior=Prior())
    except MissingPackage as error:
        pytest.skip(str(error))
    started = []
    solve = contender._solver.solve
    monkeypatch.setattr(contender._solver, "solve", lambda info, start: started.append(start.clone()) or solve(info, start))
    contender.plan(situations[0].observations, goal)
    assert torch.equal(started[0][0, :2], modes[costs.argmin()]) and not started[0][0, 2:].any()


def test_a_warm_start_begins_within_what_the_arm_can_do(problem, situations, monkeypatch):
    # Its CEM averages what it drew, which knows no bounds; twice as far beyond them a draw would never come back.
    contender = make("cem", problem, warm=True)
    started = []

    def solve(info, start):
        started.append(start)
        return {"actions": torch.full((1, BUDGET.horizon, 4), 5.0)}

    monkeypatch.setattr(contender._solver, "solve", solve)
    for _ in range(2):
        contender.plan(situations[0].observations, situations[0].goal)
    assert started[0] is None and started[1].shape == (1, 2, 4) and started[1].max() == 1.0
