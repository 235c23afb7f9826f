"""`wm gate` from a dataset to a gate that watches, and which of two `wm eval --gate` takes."""

import numpy as np
import pytest
import torch

from wm_core.cli.gate import gate
from wm_core.config import ModelCardConfig, WorldModelConfig
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.session import Session
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.model.checkpoint import load_world_model, save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor import load_gate
from wm_core.resources import find_robot
from wm_core.training.hdf5_shard import shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest
from wm_core.types import Goal, JointState, Observation, Outcome, Stage

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no NVIDIA GPU")
CONFIG = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 8), hidden=16, gripper=True, action_dim=4)


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(0)
    save_world_model(JepaWorldModel(CONFIG), ModelCardConfig(model=CONFIG), tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def episodes(toy):
    found = [toy.ToyDataset(1, seed=number).episode(0) for number in range(40)]
    for episode in found:
        object.__setattr__(episode, "actions", np.pad(episode.actions, ((0, 0), (0, 1))))
    return found


def fit(model, data, episodes, views=1, device="cpu"):
    data.mkdir()
    write_manifest(data, Manifest(steps=12, image_size=16, gripper=True, views=views))
    write_shard(shard_path(data, 0), episodes, list(range(40)))
    gate(str(model), [data], false_stops=0.1, seed=0, device=device)


def load(model, cameras=None):
    return load_gate(model, load_world_model(model, torch.device("cpu")), load_arm(find_robot("panda")), cameras)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=NEEDS_GPU)])
def test_a_gate_is_written_beside_the_model_and_stops_at_another_scene(model, episodes, tmp_path, capsys, device):
    fit(model, tmp_path / "data", episodes, device=device)
    printed = capsys.readouterr().out
    assert "picture" in printed and "of 6 further clean episodes stopped" in printed  # 15 % of 40

    found = load(model)
    assert found.config.steps == 12 and found.config.episodes == 14  # 35 % of 40
    glare = np.full((16, 16, 3), 255, np.uint8)
    for step in range(3):
        joints = JointState(episodes[0].joints[step], np.zeros(7), 0.2 * step)
        verdict = found.observe(Observation(glare, joints, 0.2 * step, gripper=0.0), np.zeros(4) if step else None)
    assert verdict.stop


def test_episodes_of_more_cameras_give_a_second_gate_beside_the_first(model, episodes, tmp_path, capsys):
    fit(model, tmp_path / "one", episodes)
    for episode in episodes:
        object.__setattr__(episode, "images", np.concatenate([episode.images, episode.images], axis=1))
    fit(model, tmp_path / "two", episodes, views=2)
    assert "gate_watch.yaml, 2 camera(s): at most 10 % of clean episodes stop" in capsys.readouterr().out
    assert [load(model).config.views, load(model, 2).config.views] == [1, 2]


def test_both_gates_come_from_the_same_episodes_of_two_cameras(model, episodes, tmp_path):
    for episode in episodes:
        object.__setattr__(episode, "images", np.concatenate([episode.images, episode.images[::-1]], axis=1))
    fit(model, tmp_path / "two", episodes, views=2)  # no gate.yaml yet: the one of two cameras is fitted to everything
    gate(str(model), [tmp_path / "two"], views=1, false_stops=0.1, seed=0, device="cpu")
    assert [load(model).config.views, load(model, 2).config.views] == [1, 2]
    for episode in episodes:
        object.__setattr__(episode, "images", episode.images[:, :3])
    fit(model, tmp_path / "one", episodes)  # what the second camera saw has no part in the first one's gate
    told = load(model)
    gate(str(model), [tmp_path / "two"], views=1, false_stops=0.1, seed=0, device="cpu")
    assert load(model).config == told.config


def test_cameras_that_no_episode_has_are_refused(model, episodes, tmp_path):
    fit(model, tmp_path / "one", episodes)
    with pytest.raises(ValueError, match=r"--views 3: expected 1 \(the model's\) to 1 \(of the episodes\)"):
        gate(str(model), [tmp_path / "one"], views=3, false_stops=0.1, seed=0, device="cpu")


class Still:
    """An environment of one step in which nothing changes."""

    def __init__(self, views):
        self.robot = find_robot("panda")
        self.kinematics = load_arm(self.robot)
        self._others = (np.zeros((16, 16, 3), np.uint8),) * (views - 1)

    def reset(self, seed):
        joints = JointState(np.array(self.robot.home), np.zeros(7), 0.0)
        return Observation(np.zeros((16, 16, 3), np.uint8), joints, 0.0, 0.0, self._others)

    def stages(self, seed, kind="image"):
        return (Stage(Goal(joints=np.array(self.robot.home)), 1),)

    def step(self, command, duration, glance=None):
        return self.reset(0)

    def outcome(self):
        return Outcome(False, 0.1)

    def close(self):
        pass


def cameras_of_the_gate(model, views, monkeypatch):
    monkeypatch.setattr("wm_core.evaluation.session.make_environment", lambda *_, **options: Still(options["views"]))
    session = Session(str(model), ["hold"], ControlStore(), torch.device("cpu"), gate="watch")
    with session.open(Conditions(goal="joints", views=views)) as (evaluation, scene):
        for _ in evaluation.run(scene, range(1)):
            pass
    return evaluation.report("toy").policies[0].gate.cameras


def test_an_evaluation_takes_the_gate_of_its_cameras_or_else_the_models_own(model, episodes, tmp_path, monkeypatch):
    fit(model, tmp_path / "one", episodes)
    assert cameras_of_the_gate(model, 2, monkeypatch) == 1
    for episode in episodes:
        object.__setattr__(episode, "images", np.concatenate([episode.images, episode.images], axis=1))
    fit(model, tmp_path / "two", episodes, views=2)
    assert [cameras_of_the_gate(model, views, monkeypatch) for views in (1, 2)] == [1, 2]
