"""A toy to train on, a square that moves, and runs on it. Loaded by conftest.py (tests/ is not on the path)."""

from pathlib import Path

import numpy as np
import torch

from wm_core.config import ModelCardConfig, TrainingConfig, WorldModelConfig
from wm_core.training.dataset import Dataset, open_dataset
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.loop import Progress, train
from wm_core.training.manifest import Manifest, write_manifest

CPU = torch.device("cpu")
CARD = ModelCardConfig(
    model=WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(8, 16), hidden=64, dropout=0.1),
    training=TrainingConfig(batch=16, rollout=2, steps=12, warmup=2, checkpoint_every=6, precision="fp32", probe_steps=20),
)


def episode(random: np.random.Generator, steps: int, gripper: bool) -> Episode:
    """A bright square on a dark picture; the action moves it, a pixel is 1 cm.

    With a gripper there is an object too, a dim bar: a closed hand carries it along, wherever it is.
    """
    images = np.zeros((steps + 1, 3, 32, 32), np.uint8)
    tool, thing = np.zeros((steps + 1, 3)), np.zeros((steps + 1, 3))
    actions, carried = np.zeros((steps, 3 + gripper)), np.zeros((steps, 3))
    opening = np.zeros(steps + 1)
    place, bar, shut = random.integers(4, 24, 2), random.integers(8, 20), bool(random.integers(2))
    for step in range(steps + 1):
        images[step, 1, :, bar : bar + 3] = 160 * gripper
        images[step, :, place[1] : place[1] + 5, place[0] : place[0] + 5] = 200 if gripper and shut else 255
        tool[step, :2], thing[step, 0], opening[step] = 0.01 * place, 0.01 * bar, gripper * 0.08 * (not shut)
        if step == steps:
            break
        after = np.clip(place + random.integers(-4, 5, 2), 2, 26)
        actions[step, :2] = 0.01 * (after - place)
        if gripper and shut:
            new = int(np.clip(bar + after[0] - place[0], 2, 26))
            carried[step, 0], bar = 0.01 * (new - bar), new
        if gripper:
            actions[step, 3] = random.integers(-1, 2)
            shut = shut if actions[step, 3] == 0 else actions[step, 3] < 0
        place = after
    joints = np.repeat(tool, 3, axis=-1)[:, :7]
    touch = np.any(carried != 0, axis=-1)
    numbers = (joints, opening, tool, thing, actions, carried, touch)
    return Episode(images, *(values.astype(np.float32) for values in numbers))


def moving_square(folder: Path, episodes: int = 12, steps: int = 8, gripper: bool = False) -> Dataset:
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    write_manifest(folder, Manifest(environment="toy", steps=steps, image_size=32, gripper=gripper))
    write_shard(shard_path(folder, 0), [episode(random, steps, gripper) for _ in range(episodes)], list(range(episodes)))
    return open_dataset(folder)


def run(card: ModelCardConfig, dataset: Dataset, folder: Path) -> list[Progress]:
    return list(train(card, dataset, folder, CPU))


def changed(model: dict | None = None, **training) -> ModelCardConfig:
    return ModelCardConfig(
        model=WorldModelConfig(**(CARD.model.model_dump() | (model or {}))),
        training=TrainingConfig(**(CARD.training.model_dump() | training)),
    )
