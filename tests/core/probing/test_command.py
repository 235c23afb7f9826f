"""`wm probe` from files to report."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from wm_core.cli.probe import probe
from wm_core.config import ModelCardConfig, WorldModelConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.hdf5_shard import shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest

CONFIG = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 8), hidden=16, objects=True)


@pytest.fixture
def folders(toy, tmp_path):
    """(model, dataset), an untrained one and twenty episodes."""
    torch.manual_seed(0)
    save_world_model(JepaWorldModel(CONFIG), ModelCardConfig(model=CONFIG), tmp_path / "model")
    data, episodes = tmp_path / "data", toy.ToyDataset(20)
    data.mkdir()
    write_manifest(data, Manifest(steps=12, image_size=16))
    write_shard(shard_path(data, 0), [episodes.episode(number) for number in range(20)], list(range(20)))
    return tmp_path / "model", data


def run(folders, tmp_path, **options):
    defaults = {"environment": None, "task": "push", "pairs": 4, "episodes": 5, "fitted": 19, "seed": 0, "device": "cpu"}
    probe(str(folders[0]), folders[1], **(defaults | options), json=tmp_path / "report.json")
    return json.loads((tmp_path / "report.json").read_text())


def test_an_untrained_model_is_found_out(folders, tmp_path, capsys):
    report = run(folders, tmp_path)
    assert (report["fitted_on"], report["held_out"]) == (19, 1)  # a twentieth is held out
    groups = {one["group"] for one in report["detectors"]}
    assert groups == {"collapse", "prediction", "distance", "actions", "probes"}
    assert any(one["passed"] is False for one in report["detectors"])
    assert report["skipped"] == ["counterfactual pairs and action quality: no --env"]
    printed = capsys.readouterr().out
    assert "WARN" in printed and "effective rank" in printed and "skipped: counterfactual" in printed


def test_a_dataset_of_other_actions_is_refused(toy, folders, tmp_path):
    write_manifest(folders[1], Manifest(steps=12, image_size=16, gripper=True))
    plain = toy.ToyDataset(1).episode(0)
    commanded = replace(plain, actions=np.concatenate([plain.actions, np.zeros((12, 1), np.float32)], axis=1))
    write_shard(shard_path(folders[1], 0), [commanded], [0])
    with pytest.raises(ValueError, match=r"it has \(16, 1, 0.2, 4\), expected \(16, 1, 0.2, 3\)"):
        run(folders, tmp_path)


def test_the_same_seed_finds_the_same(folders, tmp_path):
    first, again = run(folders, tmp_path), run(folders, tmp_path)
    assert first == again


def test_pairs_are_asked_in_an_environment(toy, folders, tmp_path, monkeypatch):
    asked = {}

    def make(name, **options):
        asked.update(options, name=name)
        return toy.ToyTable()

    monkeypatch.setattr("wm_core.environments.make_environment", make)
    monkeypatch.setattr(toy.ToyTable, "close", lambda table: asked.update(closed=True), raising=False)
    report = run(folders, tmp_path, environment="toy")
    assert asked == {"name": "toy", "task": "push", "views": 1, "closed": True}
    pairs = [one for one in report["detectors"] if one["group"] == "counterfactual pairs"]
    assert pairs and all(0.0 <= one["value"] <= 1.0 for one in pairs)
    assert report["skipped"] == ["imitation: the model has no prior"] and report["task"] == "push"
