"""An episode is as long as its stages, which come in turn, and is judged where it ends."""

import pytest

from wm_core.baselines.hold import HoldPolicy
from wm_core.config import BoxConfig
from wm_core.evaluation.episode import run_episode, succeeded
from wm_core.types import Outcome


def test_an_episode_runs_to_its_end_and_is_scored_there(toy):
    # Seed 0, goal at 0.20 m. 2 + 2 steps of 5 cm end on it; 2 + 4 end at 0.30 m, 10 cm past it.
    arrived = run_episode(toy.Line(), toy.Walk(), 0, "joints", 0.2).result
    passed = run_episode(toy.Line((2, 4)), toy.Walk(), 0, "joints", 0.2).result
    assert arrived.success and arrived.distance_m == pytest.approx(0.0, abs=1e-9)
    assert not passed.success and passed.distance_m == pytest.approx(0.1)
    assert passed.start_distance_m == pytest.approx(0.2) and passed.steps == 6


def test_standing_well_late_is_told_apart_from_success(toy):
    # Strides of 5 cm pass 0.20 m with step 4. Of 2 + 4 = 6 steps the last five are 2 to 6: close among them.
    assert run_episode(toy.Line((2, 4)), toy.Walk(), 0, "joints", 0.2).result.close_late
    # Of 9 steps the last five are 5 to 9: at 0.25 m and beyond, 5 cm or more from the goal.
    assert not run_episode(toy.Line((2, 7)), toy.Walk(), 0, "joints", 0.2).result.close_late


def test_every_stage_has_its_goal_and_its_steps(toy):
    walk = toy.Walk()
    episode = run_episode(toy.Line((1, 3)), walk, 10, "joints", 0.2)
    assert walk.goals == pytest.approx([0.15, 0.3])  # 0.2 + 10 * 0.01, and half of it first
    assert episode.result.steps == 4 and len(episode.frames) == 5
    assert episode.goal.joints[0] == pytest.approx(0.3)


def test_a_policy_is_told_what_stands_in_the_way(toy):
    class Fenced(toy.Line):
        obstacles = (BoxConfig(lower=(0.4, 0.0, 0.0), upper=(0.5, 0.1, 0.2)),)

    class Careful(toy.Walk):
        def avoid(self, obstacles):
            self.obstacles = obstacles

    careful = Careful()
    run_episode(Fenced(), careful, 0, "joints", 0.2)
    assert careful.obstacles == Fenced.obstacles
    run_episode(toy.Line(), careful, 0, "joints", 0.2)
    assert careful.obstacles == ()


def test_a_tolerance_judges_distance_anew_and_nothing_else():
    near, far = Outcome(True, 0.02), Outcome(False, 0.05)
    assert succeeded(near, None) and not succeeded(near, 0.01)
    assert not succeeded(far, None) and succeeded(far, 0.06)
    assert not succeeded(Outcome(False, 0.02, "not released"), 0.06)


def test_holding_still_stays_where_it_began(toy):
    held = run_episode(toy.Line(), HoldPolicy(), 0, "joints", 0.2).result
    assert held.distance_m == pytest.approx(0.2) and not held.success
