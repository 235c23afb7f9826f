"""Scores are what they say: intervals, fixed episode length, controls on the same seeds."""

import json

import numpy as np
import pytest

from wm_core.evaluation.episode import run_episode
from wm_core.evaluation.evaluate import Evaluation, TaskSettings
from wm_core.evaluation.policies import HoldPolicy
from wm_core.evaluation.wilson import wilson95
from wm_core.types import Goal, JointState, Observation


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # z = 1.959964, z^2 = 3.841459. 0 of 10: centre 1.9207 / 13.8415 = 0.13877, margin the same.
        (0, 10, 0.0, 0.27754),
        # 95 of 100: (0.95 + 0.019207) / 1.0384146 = 0.93335; z sqrt(0.000475 + 0.000096) / 1.0384146 = 0.04511
        (95, 100, 0.88825, 0.97846),
        (10, 10, 0.72246, 1.0),
    ],
)
def test_wilson_by_hand(successes, trials, low, high):
    assert wilson95(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_wilson_refuses_what_cannot_be():
    with pytest.raises(ValueError, match="5 successes of 4 trials"):
        wilson95(5, 4)


class Line:
    """An environment on a line: the 'tool' is joint 0, the goal stands at 0.2 m."""

    def __init__(self):
        self.steps = 0

    def reset(self, seed):
        self.place, self.steps = 0.0, 0
        return self._look()

    def sample_goal(self, seed, kind="image"):
        return Goal(image=np.zeros((32, 32, 3), np.uint8))

    def step(self, joint_target, duration):
        self.place, self.steps = float(joint_target[0]), self.steps + 1
        return self._look()

    def distance(self):
        return abs(0.2 - self.place)

    def _look(self):
        position = np.array([self.place, *np.zeros(6)])
        return Observation(np.zeros((32, 32, 3), np.uint8), JointState(position, np.zeros(7), 0.2 * self.steps), 0.2 * self.steps)


class Walk:
    """Goes 5 cm a step, for ever: passing the goal is no success."""

    def start(self, goal, seed):
        pass

    def act(self, observation):
        return observation.joints.position + np.array([0.05, 0, 0, 0, 0, 0, 0])


def test_an_episode_runs_to_its_end_and_is_scored_there():
    # 4 steps end at 0.20 m, on the goal; 6 steps end at 0.30 m, 10 cm past it.
    arrived = run_episode(Line(), Walk(), 3, "image", 4, 0.2, 0.03)
    passed = run_episode(Line(), Walk(), 3, "image", 6, 0.2, 0.03)
    assert arrived.success and arrived.distance_m == pytest.approx(0.0, abs=1e-9)
    assert not passed.success and passed.distance_m == pytest.approx(0.1)
    assert passed.start_distance_m == pytest.approx(0.2) and passed.steps == 6


def test_holding_still_stays_where_it_began():
    held = run_episode(Line(), HoldPolicy(), 0, "image", 5, 0.2, 0.03)
    assert held.distance_m == pytest.approx(0.2) and not held.success


def test_the_report_has_the_keys_that_others_read():
    evaluation = Evaluation(TaskSettings(), "toy")
    with pytest.raises(ValueError, match="nothing to report"):
        evaluation.report()
    from wm_core.evaluation.episode import EpisodeResult
    from wm_core.evaluation.report import EvaluatedEpisode

    for seed, success in ((7, True), (8, False)):
        result = EpisodeResult(seed=seed, success=success, distance_m=0.01, start_distance_m=0.3, steps=25)
        evaluation.planner.append(EvaluatedEpisode(**result.model_dump(), plan_ms_p50=20.0, plan_ms_p95=30.0))
        evaluation.random.append(result.model_copy(update={"success": False}))
        evaluation.hold.append(result.model_copy(update={"success": False}))
        evaluation.plan_ms += [20.0, 30.0]
    written = json.loads(evaluation.report().model_dump_json())
    assert written["task"] == "reach" and written["goal"] == "image" and written["model"] == "toy"
    assert written["success_rate"] == 0.5 and written["tolerance_m"] == 0.03
    assert written["wilson95"] == pytest.approx([0.0945, 0.9055], abs=1e-3)  # 1 of 2, by the formula above
    assert written["controls"] == {"random": {"success_rate": 0.0}, "hold": {"success_rate": 0.0}}
    keys = {"seed", "success", "distance_m", "start_distance_m", "steps", "plan_ms_p50", "plan_ms_p95"}
    assert keys <= written["episodes"][0].keys()
