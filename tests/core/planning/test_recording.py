"""Plans whose iterations were recorded once, as on a GPU, are the plans that are made without: the kernel and the recorder run on the CPU."""

from __future__ import annotations

import time
import weakref

import numpy as np
import pytest
import torch

from wm_core.config import BoxConfig, PlannerConfig
from wm_core.planning import MpcPlanner, PlanningError
from wm_core.planning.cem import CrossEntropySearch
from wm_core.planning.elites import best_of
from wm_core.planning.evaluator import Scores
from wm_core.planning.sampling import Drawing
from wm_core.protocols import Candidates
from wm_core.types import Goal, PlannerState, Pose

METHODS = ("cem", "icem", "mppi")
PART = np.array([0.5, 0.0, 0.045])
WALL = BoxConfig(lower=(0.40, 0.08, 0.0), upper=(0.60, 0.14, 0.30))


class Guessing:
    """A prior that draws."""

    def propose(self, latent, goal, focus, count, generator):
        return torch.zeros(2, 4, 3), torch.randn(count, 4, 3, generator=generator)


@pytest.fixture
def planners(robot, arm, fakes, monkeypatch, tool_launch_on_cpu, cost_launch_on_cpu, refit_launch_on_cpu):
    """One that records and one that does not; both have the kernels, but for refits, and the same draws."""
    monkeypatch.setattr("wm_core.planning.tool_motion.tool_launch", lambda device, joints: tool_launch_on_cpu)
    monkeypatch.setattr("wm_core.planning.task.cost_launch", lambda device, joints: cost_launch_on_cpu)
    monkeypatch.setattr("wm_core.planning.mpc.refit_launch", lambda device, samples: refit_launch_on_cpu(samples))
    monkeypatch.setattr(fakes.FakeRecorder, "made", 0)

    def make(kind=fakes.LinearWorldModel, more=(), method="cem", prior=None, obstacles=(), recordable=True, clock=time.perf_counter, **settings):
        config = PlannerConfig(**{"samples": 48, "horizon": 4, "deadline": 60.0, "method": method, **settings})
        pair = []
        for recorder in (fakes.FakeRecorder, None):
            monkeypatch.setattr("wm_core.planning.mpc.recorder_on", lambda device, recorder=recorder: recorder)
            model = type("Recordable", (kind,), {"recordable": recordable})(arm, *more)
            pair.append(MpcPlanner(robot, arm, config, model, threads=1, clock=clock, prior=prior, obstacles=obstacles))
        return pair

    return make


def same(one, other):
    assert one.joint_path == pytest.approx(other.joint_path, abs=1e-6) and one.cost == pytest.approx(other.cost, rel=1e-5)
    assert one.explanation.considered == other.explanation.considered
    assert [way.cost for way in one.explanation.alternatives] == pytest.approx(
        [way.cost for way in other.explanation.alternatives], rel=1e-5
    )
    assert one.iterations == other.iterations


def follow(pair, goals, home, fakes, plans=2, **settings):
    """Both plan for every goal in turn, warm from the second plan on, from places that differ."""
    for index, goal in enumerate(goals):
        states = [PlannerState(seed=index)] * 2
        for turn in range(plans):
            seen = [fakes.observe(home + 0.05 * index + 0.01 * turn, 0.1 * turn)] * 2
            made = [planner.plan(seen, goal, PlannerState(index + 7 * turn, *_warm(state))) for planner, state in zip(pair, states)]
            same(*(plan for plan, _ in made))
            states = [state for _, state in made]


def _warm(state):
    return state.mean, state.stamp, state.kind, state.elites


@pytest.mark.parametrize("method", METHODS)
def test_recorded_plans_are_the_same(planners, home, fakes, method):
    pair = planners(method=method)
    targets = [[0.5, 0.25, 0.2], [0.4, -0.2, 0.3], [0.55, 0.1, 0.15]]
    goals = [Goal(image=fakes.goal_image(target)) for target in targets]
    goals += [Goal(pose=Pose(np.array(target))) for target in targets]
    turned = np.array([np.cos(0.3), np.sin(0.3), 0.0, 0.0])
    goals += [Goal(pose=Pose(np.array(target), turned)) for target in targets[:2]]
    follow(pair, goals, home, fakes)
    # A new goal is no new recording: pictures, positions and poses are three kinds, cold and, where the method hands
    # elites on, warm.
    assert fakes.FakeRecorder.made == (6 if method == "icem" else 3)


def test_goals_that_are_made_anew_for_every_plan(planners, home, fakes):
    pair = planners(fakes.GoalMakingWorldModel, (PART,))
    goals = [Goal(object_position=PART + [0.0, 0.1 + 0.02 * turn, 0.0]) for turn in range(3)]
    follow(pair, goals, home, fakes)
    assert fakes.FakeRecorder.made == 1


def test_guesses_and_obstacles(planners, home, fakes):
    goals = [Goal(image=fakes.goal_image([0.5, y, 0.2])) for y in (0.25, 0.2)]
    follow(planners(prior=Guessing()), goals, home, fakes)
    follow(planners(obstacles=(WALL,), horizon=8), goals, home, fakes)
    assert fakes.FakeRecorder.made == 2


def test_what_cannot_be_recorded_is_planned_as_ever(planners, home, fakes):
    follow(planners(), [Goal(joints=home + 0.2)], home, fakes)
    follow(planners(recordable=False), [Goal(image=fakes.goal_image([0.5, 0.25, 0.2]))], home, fakes)
    follow(planners(gradient_steps=2), [Goal(pose=Pose(np.array([0.5, 0.25, 0.2])))], home, fakes)
    assert fakes.FakeRecorder.made == 0


def test_where_recording_fails_plans_go_on(planners, home, fakes, monkeypatch, caplog):
    def fail(self, work):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(fakes.FakeRecorder, "record", fail)
    follow(planners(), [Goal(image=fakes.goal_image([0.5, 0.25, 0.2]))], home, fakes)
    assert "not recorded" in caplog.text and "stream is capturing" in caplog.text
    assert fakes.FakeRecorder.made == 1  # it is tried once


def test_the_deadline_is_looked_at_between_iterations(planners, home, fakes, monkeypatch):
    clock = fakes.FakeClock()

    def wait(self):
        clock.time += 0.03

    monkeypatch.setattr(fakes.FakeRecorder, "wait", wait)
    recorded, _ = planners(iterations=5, deadline=0.1, clock=clock)
    goal = Goal(image=fakes.goal_image([0.5, 0.25, 0.2]))
    # 0.03 s each: three of five are done by 0.09 s, the fourth would end at 0.12.
    assert recorded.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))[0].iterations == 3


def test_what_noise_is_made_by_stays_where_recordings_read_it(monkeypatch):
    roots, make = [], CrossEntropySearch._root

    def watched(self, horizon, iteration):
        root = make(self, horizon, iteration)
        roots.append(weakref.ref(root))
        return root

    monkeypatch.setattr(CrossEntropySearch, "_root", watched)
    sampler = CrossEntropySearch(PlannerConfig(samples=8, iterations=100))
    for horizon in (4, 24):
        for number in range(1, 101):
            sampler.draw(Drawing(torch.zeros(horizon, 3), torch.ones(horizon, 3)), [], number, torch.randn)
    assert len(roots) == 200 and all(root() is not None for root in roots)


def test_no_finite_cost_is_an_error(planners, home, fakes):
    recorded, _ = planners(fakes.BrokenWorldModel)
    with pytest.raises(PlanningError, match="none of 144 imagined futures"):  # three iterations of 48
        recorded.plan([fakes.observe(home, 0.0)] * 2, Goal(image=fakes.goal_image([0.5, 0.25, 0.2])), PlannerState(0))


@pytest.mark.parametrize("finite", [2, 3, 5, 20])
def test_masks_count_what_is_left_out_else(finite):
    generator = torch.Generator().manual_seed(finite)
    actions, costs = torch.randn(20, 4, 3, generator=generator), torch.rand(20, generator=generator)
    costs[torch.randperm(20, generator=generator)[finite:]] = torch.inf
    scores = Scores(Candidates(actions, *[None] * 5), costs, costs[None], ("cost",))
    masked, cut = (best_of(scores, 5, waits) for waits in (False, True))
    assert len(masked.actions) == 5 and len(cut.actions) == min(5, finite)
    for name in ("mean", "std", "spread"):
        torch.testing.assert_close(getattr(masked, name)(), getattr(cut, name)())
