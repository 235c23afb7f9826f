"""`wm gate` from a dataset to a gate that watches."""

import numpy as np
import torch

from wm_core.cli.gate import gate
from wm_core.config import ModelCardConfig, WorldModelConfig
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.model.checkpoint import load_world_model, save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor import load_gate
from wm_core.resources import find_robot
from wm_core.training.hdf5_shard import shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest
from wm_core.types import JointState, Observation

CONFIG = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 8), hidden=16, gripper=True, action_dim=4)


def test_a_gate_is_written_beside_the_model_and_stops_at_another_scene(toy, tmp_path, capsys):
    torch.manual_seed(0)
    save_world_model(JepaWorldModel(CONFIG), ModelCardConfig(model=CONFIG), tmp_path / "model")
    episodes = [toy.ToyDataset(1, seed=number).episode(0) for number in range(40)]
    for episode in episodes:
        object.__setattr__(episode, "actions", np.pad(episode.actions, ((0, 0), (0, 1))))
    data = tmp_path / "data"
    data.mkdir()
    write_manifest(data, Manifest(steps=12, image_size=16, gripper=True))
    write_shard(shard_path(data, 0), episodes, list(range(40)))
    gate(str(tmp_path / "model"), [data], false_stops=0.1, seed=0, device="cpu")
    printed = capsys.readouterr().out
    assert "picture" in printed and "of 6 further clean episodes stopped" in printed  # 15 % of 40

    found = load_gate(tmp_path / "model", load_world_model(tmp_path / "model", torch.device("cpu")), load_arm(find_robot("panda")))
    assert found.config.steps == 12 and found.config.episodes == 14  # 35 % of 40
    glare = np.full((16, 16, 3), 255, np.uint8)
    for step in range(3):
        joints = JointState(episodes[0].joints[step], np.zeros(7), 0.2 * step)
        verdict = found.observe(Observation(glare, joints, 0.2 * step, gripper=0.0), np.zeros(4) if step else None)
    assert verdict.stop
