"""Collection is seeded, resumable, and its actions explain what happened."""

import numpy as np
import pytest

from sim.environment import PandaTabletop
from wm_core.training.collect import FIRST_SEED, CollectionConfig, collect, collect_episode
from wm_core.training.dataset import read_dataset, shard_path
from wm_core.training.exploration import ExplorationConfig

CONFIG = CollectionConfig(episodes=2, steps=10, image_size=32, episodes_per_shard=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    assert sum(collect(CONFIG, folder, workers=1)) == 2
    return folder


def test_an_episode_comes_from_its_seed_alone(folder):
    table = PandaTabletop()
    try:
        episode = collect_episode(table, FIRST_SEED + 1, CONFIG)
    finally:
        table.close()
    _, data = read_dataset(folder)
    np.testing.assert_array_equal(episode.images[0], data.images[1])
    np.testing.assert_array_equal(episode.actions[0], data.actions[1])


def test_one_action_explains_one_displacement(folder):
    _, data = read_dataset(folder)
    assert data.images.shape == (2, 11, 3, 32, 32)
    moved = np.diff(data.tool, axis=1)
    assert np.linalg.norm(moved - data.actions, axis=-1).max() < 0.005  # m; the largest action is 5 cm
    assert np.linalg.norm(data.actions, axis=-1).max() <= 0.051
    assert np.linalg.norm(data.actions, axis=-1).max() > 0.01  # it does move


def test_the_tool_stays_in_its_box(folder):
    _, data = read_dataset(folder)
    box = ExplorationConfig().box
    assert (data.tool > np.array(box.lower) - 0.01).all() and (data.tool < np.array(box.upper) + 0.01).all()


def test_a_stopped_collection_goes_on(folder):
    before = shard_path(folder, 0).stat().st_mtime_ns
    shard_path(folder, 1).unlink()
    assert sum(collect(CONFIG, folder, workers=1)) == 2
    assert shard_path(folder, 1).exists()
    assert shard_path(folder, 0).stat().st_mtime_ns == before
