"""Predicted beside true, in a simulator that is what the model imagines, and in one that is not."""

import numpy as np
import pytest
import torch

from wm_core.agent import WorldModelAgent
from wm_core.config import PlannerConfig
from wm_core.planning import MpcPlanner
from wm_core.protocols import Environment
from wm_core.skills.calibration import CalibrationError, calibrate
from wm_core.skills.primitives import Lift, Push, Wait
from wm_core.skills.trial import SkillScene, SkillTrial
from wm_core.types import Goal, Outcome, Stage

SKILLS = (Push("push left", np.pi / 2), Push("push right", -np.pi / 2), Lift(), Wait())


class Table:
    """Implements `Environment` by the fake world model itself. glued: the object never moves. drift: m it lies off at every reset."""

    task = "push"

    def __init__(self, robot, arm, world, observe, glued=False, drift=0.0):
        self.robot, self.kinematics = robot, arm
        self._world, self._observe, self._glued, self._drift, self._resets = world, observe, glued, drift, 0

    def reset(self, seed):
        random = np.random.default_rng(seed)
        self._resets += 1
        place = random.uniform([0.45, -0.1], [0.55, 0.1])
        self._way = random.choice([-0.08, 0.08])
        self._world.part = np.array([place[0] + self._drift * self._resets, place[1], 0.04])
        self._joints, self._time = np.array(self.robot.home), 0.0
        self._latent = self._world.encode([self._look()])
        return self._look()

    def stages(self, seed, kind="image"):
        self._aim = self._world.part + [0.0, self._way, 0.0]
        return (Stage(Goal(object_position=self._aim), 10),)

    def step(self, command, duration):
        move = self.kinematics.forward(command.joints).position - self.tool_position()
        self._latent = self._world.next(self._latent, torch.tensor([*move, command.gripper], dtype=torch.float32))
        if self._glued:
            self._latent[3:6] = torch.tensor(self._world.part)
        self._joints, self._time = command.joints, self._time + duration
        return self._look()

    def felt(self):
        raise NotImplementedError

    def tool_position(self):
        return self.kinematics.forward(self._joints).position

    def object_position(self):
        return self._latent[3:6].double().numpy()

    def outcome(self):
        distance = float(np.linalg.norm(self.object_position() - self._aim))
        return Outcome(distance < 0.03, distance)

    def close(self):
        pass

    def _look(self):
        return self._observe(self._joints, self._time)


@pytest.fixture
def make(robot, arm, fakes):
    def build(**options):
        world = fakes.GraspingWorldModel(arm, [0.5, 0.0, 0.04])
        planner = MpcPlanner(robot, arm, PlannerConfig(), world, threads=1)
        agent = WorldModelAgent(torch.nn.Identity(), torch.nn.Identity(), planner)
        return Table(robot, arm, world, fakes.observe, **options), agent

    return build


def test_a_world_that_is_as_imagined(make):
    table, agent = make()
    assert isinstance(table, Environment)
    scenes = list(calibrate(table, agent, SKILLS, range(3)))
    assert [scene.seed for scene in scenes] == [0, 1, 2]
    for scene in scenes:
        assert scene.agrees and scene.regret_m == 0.0 and scene.best_predicted.skill.startswith("push")
        for trial in scene.trials:
            assert trial.error_m < 0.01 and trial.reachable  # what the arm's tracking leaves
            assert trial.lifted == trial.graspable
            assert trial.true_moved_m == pytest.approx(np.linalg.norm(trial.true_object_m))
        assert {trial.skill: trial.lifted for trial in scene.trials} == {
            "push left": None, "push right": None, "lift": True, "wait": None,
        }  # fmt: skip


def test_trials_tell_what_experience_is_made_of(make):
    (scene,) = calibrate(*make(), SKILLS, [0])
    for trial in scene.trials:
        left = np.array(trial.imagined_left_m)
        assert trial.predicted_left_m == trial.imagined_left_m and trial.spread_m is None  # there is none yet
        assert left + trial.imagined_object_m == pytest.approx([0.0, left[1] + trial.imagined_object_m[1], 0.0], abs=1e-5)
        assert np.abs(left[1] + trial.imagined_object_m[1]) == pytest.approx(0.08, abs=1e-5)  # all there was to go
    lift = next(trial for trial in scene.trials if trial.skill == "lift")
    assert lift.tool_way_m == pytest.approx([0.0, 0.0, 0.02], abs=0.004)


def test_what_is_held_over_its_place_is_not_there(make):
    """The task of this table measures all three axes; `apart_m` does so whatever the task measures."""
    table, agent = make()
    table.outcome = lambda: Outcome(False, float(np.linalg.norm(table.object_position()[:2] - table._aim[:2])))
    (scene,) = calibrate(table, agent, SKILLS, [0])
    lift = next(trial for trial in scene.trials if trial.skill == "lift")
    assert lift.distance_m == pytest.approx(0.08, abs=0.01) and lift.apart_m == pytest.approx(np.hypot(0.08, 0.1), abs=0.01)


def test_a_table_that_can_be_stepped_blindly_is(make):
    table, agent = make()
    looked, step, advanced = [], table.step, []
    table.step = lambda command, duration: looked.append(1) or step(command, duration)
    table.advance = lambda command, duration: advanced.append(1) or step(command, duration)
    (scene,) = calibrate(table, agent, SKILLS, [0])
    assert scene.agrees and len(looked) < 10 < len(advanced)


def test_a_world_that_is_not(make):
    table, agent = make(glued=True)
    (scene,) = calibrate(table, agent, SKILLS, [0])
    pushed = scene.best_predicted
    assert pushed.true_moved_m < 1e-6 and pushed.error_m == pytest.approx(pushed.predicted_moved_m, abs=1e-6)
    lifted = next(trial for trial in scene.trials if trial.skill == "lift")
    assert lifted.graspable and not lifted.lifted
    assert pushed.distance_m == pytest.approx(0.08, abs=1e-6)  # all that was to go is left


def test_scenes_must_be_the_same_for_every_skill(make):
    table, agent = make(drift=0.002)
    with pytest.raises(CalibrationError, match="scene 0 began with the object at"):
        list(calibrate(table, agent, SKILLS, [0]))


def test_names_must_differ(make):
    with pytest.raises(CalibrationError, match="every name once"):
        list(calibrate(*make(), [Wait(), Wait()], [0]))


def test_regret():
    def trial(skill, distance):
        return SkillTrial(
            skill=skill, predicted_cost=0.0, imagined_cost=0.0, predicted_object_m=(0, 0, 0), imagined_object_m=(0, 0, 0),
            true_object_m=(0, 0, 0), predicted_left_m=None, imagined_left_m=None, tool_way_m=(0, 0, 0), astray_m=0.0,
            predicted_moved_m=0.0, true_moved_m=0.0, error_m=0.0, uncertainty_m=None, spread_m=None, reachable=True, graspable=None,
            lifted=None, distance_m=0.0, apart_m=distance,
        )  # fmt: skip

    scene = SkillScene(seed=0, trials=(trial("push", 0.05), trial("lift", 0.02)))
    assert scene.best_true.skill == "lift" and not scene.agrees and scene.regret_m == pytest.approx(0.03)
    assert SkillScene.model_validate_json(scene.model_dump_json()) == scene
