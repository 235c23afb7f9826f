"""A toy world: a bright square on a dark picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wm_core.config import ModelCardConfig, PlannerConfig, TrainingConfig, WorldModelConfig
from wm_core.training.dataset import Dataset, open_dataset
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest


def draw(x: int, y: int) -> np.ndarray:
    """(3, 32, 32) uint8: the square, 8 px wide, with its corner at (x, y)."""
    picture = np.full((3, 32, 32), 20, np.uint8)
    picture[:, y : y + 8, x : x + 8] = 255
    return picture


def episode(random: np.random.Generator, steps: int) -> Episode:
    """The action moves the square, a pixel is 1 cm; the first two joints are where it is."""
    places = [random.integers(2, 22, 2)]
    for _ in range(steps):
        places.append(np.clip(places[-1] + random.integers(-4, 5, 2), 0, 24))
    places = np.array(places)
    tool = np.concatenate([0.01 * places, np.zeros((steps + 1, 1))], axis=1).astype(np.float32)
    joints = np.concatenate([tool[:, :2], np.zeros((steps + 1, 5))], axis=1).astype(np.float32)
    nothing = np.zeros((steps, 3), np.float32)
    return Episode(
        images=np.stack([draw(*place) for place in places]),
        joints=joints,
        gripper=np.zeros(steps + 1, np.float32),
        tool=tool,
        object=np.zeros_like(tool),
        actions=np.diff(tool, axis=0),
        carried=nothing,
        touch=np.zeros(steps, np.float32),
    )


@pytest.fixture(scope="session")
def square() -> Callable[[int, int], np.ndarray]:
    return draw


@pytest.fixture(scope="session")
def card() -> ModelCardConfig:
    return ModelCardConfig(
        model=WorldModelConfig(image_size=32, visual_dim=32, joint_dim=8, channels=(8, 16), hidden=64, dropout=0.0),
        training=TrainingConfig(batch=16, rollout=1, steps=100, warmup=5, checkpoint_every=50, learning_rate=5e-3, precision="fp32"),
        planner=PlannerConfig(samples=16, horizon=2, iterations=1, deadline=5.0),
    )


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Dataset:
    folder, random = tmp_path_factory.mktemp("toy"), np.random.default_rng(0)
    write_manifest(folder, Manifest(environment="toy", steps=8, image_size=32))
    write_shard(shard_path(folder, 0), [episode(random, 8) for _ in range(40)], list(range(40)))
    return open_dataset(folder)
