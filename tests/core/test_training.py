"""A training run learns, survives a kill with the same result, and says why it refuses."""

import dataclasses

import numpy as np
import pytest
import torch

from wm_core.config import LossConfig, ModelCardConfig, TrainingConfig, WorldModelConfig
from wm_core.model.checkpoint import load_world_model
from wm_core.training.dataset import DatasetError, Episodes, Manifest, read_dataset, shard_path, write_manifest, write_shard
from wm_core.training.loop import TrainingError, learning_rate, train

CPU = torch.device("cpu")
CARD = ModelCardConfig(
    model=WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(8, 16), hidden=64, dropout=0.1),
    training=TrainingConfig(batch=16, rollout=2, steps=12, warmup=2, checkpoint_every=6, precision="fp32"),
)


def moving_square(episodes: int = 12, steps: int = 8, seed: int = 0) -> Episodes:
    """A bright square on a dark picture; the action moves it, a pixel is 1 cm."""
    random = np.random.default_rng(seed)
    images = np.zeros((episodes, steps + 1, 3, 32, 32), np.uint8)
    tool = np.zeros((episodes, steps + 1, 3), np.float32)
    actions = np.zeros((episodes, steps, 3), np.float32)
    for episode in range(episodes):
        place = random.integers(4, 24, 2)
        for step in range(steps + 1):
            images[episode, step, :, place[1] : place[1] + 5, place[0] : place[0] + 5] = 255
            tool[episode, step, :2] = 0.01 * place
            if step < steps:
                after = np.clip(place + random.integers(-4, 5, 2), 2, 26)
                actions[episode, step, :2] = 0.01 * (after - place)
                place = after
    joints = np.repeat(tool, 3, axis=-1)[..., :7].astype(np.float32)
    return Episodes(images, joints, tool, actions)


def test_a_killed_run_ends_as_the_whole_one_does(tmp_path):
    data = moving_square()
    for _ in train(CARD, data, tmp_path / "whole", CPU):
        pass
    for progress in train(CARD, data, tmp_path / "killed", CPU):
        if progress.step == 7:  # not at a checkpoint
            break
    for _ in train(CARD, data, tmp_path / "killed", CPU):
        pass
    whole, killed = (load_world_model(tmp_path / name, CPU).state_dict() for name in ("whole", "killed"))
    for name, tensor in whole.items():
        torch.testing.assert_close(killed[name], tensor, rtol=0, atol=0, msg=name)


def test_training_learns_what_an_action_moves(tmp_path):
    # 500 steps of a toy take seconds; held-out metric error begins at the spread of the displacements, about 3 cm
    # (uniform in -4..4 px on two axes over 3 moves: std 2.6 px * sqrt(3) * sqrt(2) = 6.3 cm at most).
    training = CARD.training.model_copy(update={"steps": 500, "checkpoint_every": 500, "warmup": 20, "learning_rate": 3e-3, "batch": 32})
    card = CARD.model_copy(update={"training": training})
    found = [p.diagnostics for p in train(card, moving_square(60), tmp_path, CPU) if p.diagnostics][-1]
    assert found.metric_error < 0.02
    assert found.prediction_ratio_last < 0.5
    assert found.shuffled_ratio > 2.0


def test_a_folder_of_another_run_is_left_alone(tmp_path):
    next(train(CARD, moving_square(), tmp_path, CPU))
    other = CARD.model_copy(update={"training": CARD.training.model_copy(update={"seed": 9})})
    with pytest.raises(TrainingError, match="another configuration"):
        next(train(other, moving_square(), tmp_path, CPU))


def test_a_collapsed_latent_stops_the_run(tmp_path):
    # One picture everywhere: after normalisation nothing is left, rank 1.
    data = moving_square()
    data = dataclasses.replace(data, images=np.zeros_like(data.images))
    card = CARD.model_copy(update={"training": CARD.training.model_copy(update={"loss": LossConfig(regularisation=0.0)})})
    with pytest.raises(TrainingError, match="collapsed: effective rank"):
        for _ in train(card, data, tmp_path, CPU):
            pass


def test_the_learning_rate_warms_up_and_decays():
    config = TrainingConfig(learning_rate=1.0, warmup=10, steps=110)
    assert learning_rate(config, 5) == pytest.approx(0.5)
    assert learning_rate(config, 10) == pytest.approx(1.0)
    assert learning_rate(config, 60) == pytest.approx(0.505)  # half way: 0.01 + 0.99 * 0.5
    assert learning_rate(config, 110) == pytest.approx(0.01)


def manifest(**changes) -> Manifest:
    values = dict(
        environment="toy", seed=0, episodes=12, steps=8, image_size=32, step=0.2, episodes_per_shard=6
    )
    return Manifest(**(values | changes))


def test_a_dataset_reads_back(tmp_path):
    data = moving_square()
    write_manifest(tmp_path, manifest())
    write_shard(shard_path(tmp_path, 0), data)
    write_shard(shard_path(tmp_path, 1), data)
    there, read = read_dataset(tmp_path)
    assert there == manifest() and len(read) == 24
    np.testing.assert_array_equal(read.images[12:], data.images)


def test_another_collection_is_not_mixed_in(tmp_path):
    write_manifest(tmp_path, manifest())
    with pytest.raises(DatasetError, match="another collection"):
        write_manifest(tmp_path, manifest(seed=1))


def test_a_damaged_shard_is_named(tmp_path):
    write_manifest(tmp_path, manifest())
    with pytest.raises(DatasetError, match="no shards yet"):
        read_dataset(tmp_path)
    shard_path(tmp_path, 0).write_bytes(b"not a shard")
    with pytest.raises(DatasetError, match="shard_00000.npz is damaged"):
        read_dataset(tmp_path)
