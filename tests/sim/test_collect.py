"""Collection is seeded, goes on where it was stopped, and its actions explain what happened."""

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.environment import PandaTabletop
from sim.tasks.push import Push
from sim.tasks.reach import Reach
from wm_core.cli.app import app
from wm_core.config import ConfigError
from wm_core.environments import make_environment
from wm_core.training.collect import FIRST_SEED, collect
from wm_core.training.dataset import open_dataset
from wm_core.training.hdf5_shard import shard_path
from wm_core.training.manifest import CollectionConfig, read_manifest
from wm_core.training.take import take_episode

REACH = CollectionConfig(episodes=2, steps=10, image_size=32, episodes_per_shard=1)
PUSH = REACH.model_copy(update={"task": "push", "look": 0.5, "views": 2, "mix": {"push": 1.0}, "steps": 24})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reach")
    assert sum(collect(REACH, folder, workers=1)) == 2
    return folder


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("push")
    assert sum(collect(PUSH, folder, workers=2)) == 2
    return folder


def test_an_episode_comes_from_its_seed_alone(pushed):
    table = PandaTabletop(task="push", look=0.5, views=2)
    try:
        take = take_episode(table, FIRST_SEED + 1, PUSH)
    finally:
        table.close()
    there = open_dataset(pushed).episode(1)
    assert take.seed == FIRST_SEED + 1 and take.dropped == 0
    for name, values in vars(take.episode).items():
        np.testing.assert_array_equal(getattr(there, name), values, err_msg=name)


def test_one_action_explains_one_displacement(folder):
    data = open_dataset(folder)
    assert data.images(0).shape == (11, 3, 32, 32)
    assert data.actions.shape == (2, 10, 3) and not data.manifest.gripper
    moved = np.diff(data.tool, axis=1)
    assert np.linalg.norm(moved - data.actions, axis=-1).max() < 0.005  # m; the largest action is 5 cm
    assert np.linalg.norm(data.actions, axis=-1).max() <= 0.051
    assert np.linalg.norm(data.actions, axis=-1).max() > 0.01  # it does move


def test_the_tool_stays_in_its_box(folder):
    tool = open_dataset(folder).tool
    box = Reach.play_box
    assert (tool > np.array(box.lower) - 0.01).all() and (tool < np.array(box.upper) + 0.01).all()


def test_pushes_are_felt_and_move_the_part(pushed):
    data = open_dataset(pushed)
    assert data.images(0).shape == (25, 6, 32, 32)
    assert data.actions.shape == (2, 24, 4) and data.manifest.gripper
    # A push is 4 cm or longer: where the tool was pushing, so far has the part come.
    assert np.linalg.norm(data.object[:, -1] - data.object[:, 0], axis=-1).max() > 0.03
    assert 0.02 < data.manifest.counts.contact == pytest.approx((data.touch > 0).mean())
    # Nothing is felt where nothing is touched.
    assert (data.carried[data.touch == 0] == 0).all() and np.abs(data.carried).max() > 0.005


def test_a_stopped_collection_goes_on_to_the_same_end(pushed):
    whole, first = shard_path(pushed, 1).read_bytes(), shard_path(pushed, 0).stat().st_mtime_ns
    manifest = read_manifest(pushed)
    shard_path(pushed, 1).unlink()
    shard_path(pushed, 1).with_suffix(".partial").write_bytes(whole[:1000])  # as a kill leaves it
    assert sum(collect(PUSH, pushed, workers=1)) == 2
    assert shard_path(pushed, 1).read_bytes() == whole
    assert shard_path(pushed, 0).stat().st_mtime_ns == first
    assert read_manifest(pushed) == manifest
    assert not list(pushed.glob("*.partial"))


def test_the_manifest_says_what_the_environment_is_like(pushed):
    manifest = read_manifest(pushed)
    assert (manifest.task, manifest.look, manifest.views, manifest.mix) == ("push", 0.5, 2, {"push": 1.0})
    assert manifest.gripper and manifest.action_dim == 4
    assert manifest.max_step == Push.max_step
    assert manifest.counts.episodes == 2 and {"numpy", "h5py", "pybullet"} <= set(manifest.packages)


def test_an_environment_that_cannot_be_made_is_refused_at_once(tmp_path):
    with pytest.raises(ValueError, match="task 'dance' is not known"):
        next(collect(REACH.model_copy(update={"task": "dance"}), tmp_path))
    with pytest.raises(ConfigError, match="'nowhere' is not registered"):
        next(collect(REACH.model_copy(update={"environment": "nowhere"}), tmp_path))
    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="'panda_tabletop' cannot be made with .*'colour'"):
        make_environment("panda_tabletop", colour="red")


def test_the_command_line_names_a_mix_that_it_cannot_read(tmp_path):
    collect_with = lambda mix: CliRunner().invoke(app, ["collect", "--out", str(tmp_path / "out"), "--mix", mix])
    told = collect_with("wander=1,push=much")
    assert told.exit_code == 2 and "'push=much': expected NAME=WEIGHT" in " ".join(told.output.split())
    assert "behaviour 'dance' is not known" in str(collect_with("wander,dance=2").exception)
    assert not (tmp_path / "out").exists()
