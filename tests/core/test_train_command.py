"""`wm train`: the options of the command line reach the model."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from wm_core.cli.app import app
from wm_core.cli.train import _card
from wm_core.model.checkpoint import load_card
from wm_core.resources import find_robot
from wm_core.training import learner
from wm_core.training.dataset import open_dataset
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest

ROBOTS = Path(__file__).parents[2] / "launch" / "config"
OPTIONS = ["--architecture", "jepa-world-model", "--objective", "latent-state-prediction", "--threads", "1", "--device", "cpu"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Eight episodes of noise."""
    folder, random, steps = tmp_path_factory.mktemp("noise"), np.random.default_rng(0), 8
    write_manifest(folder, Manifest(environment="toy", steps=steps, image_size=32))
    shapes = {"joints": (steps + 1, 7), "gripper": (steps + 1,), "tool": (steps + 1, 3), "object": (steps + 1, 3)}
    shapes |= {"actions": (steps, 3), "carried": (steps, 3), "touch": (steps,)}
    made = [
        Episode(
            images=random.integers(0, 256, (steps + 1, 3, 32, 32), dtype=np.uint8),
            **{name: np.zeros(shape) if name == "touch" else random.normal(0.0, 0.05, shape) for name, shape in shapes.items()},
        )
        for _ in range(8)
    ]
    write_shard(shard_path(folder, 0), made, list(range(8)))
    return folder


def wm(*arguments: str):
    return CliRunner().invoke(app, ["train", *OPTIONS, *arguments])


def test_the_options_of_the_command_line_win(dataset, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(
        "model: {image_size: 32, joint_dim: 4, channels: [4, 8], hidden: 16}\n"
        "training: {batch: 4, rollout: 2, steps: 900, warmup: 1, precision: bf16, probe_steps: 1}\n"
    )
    # --dataset may be repeated; the same folder twice is as good as two.
    options = ["--dataset", str(dataset), "--dataset", str(dataset), "--out", str(tmp_path / "run"), "--config", str(config)]
    done = wm(*options, "--latent-dim", "24", "--action-conditioning", "false", "--precision", "fp32", "--steps", "2", "--seed", "5")
    assert done.exit_code == 0, done.output
    card = load_card(tmp_path / "run")
    assert (card.model.visual_dim, card.model.action_conditioned) == (24, False)
    assert (card.training.precision, card.training.steps, card.training.seed) == ("fp32", 2, 5)
    assert card.training.rollout == 2  # what was not said stays as configured
    assert "prediction/persistence" in done.output


@pytest.mark.parametrize(
    "option, value, says",
    [
        ("--latent-dim", "9000", "less than or equal to 8192"),
        ("--architecture", "transformer", "jepa-world-model"),
        ("--objective", "pixels", "latent-state-prediction"),
        ("--precision", "fp16", "fp32"),
        ("--action-conditioning", "maybe", "true"),
    ],
)
def test_what_is_not_known_is_refused(option, value, says, dataset, tmp_path):
    done = wm("--dataset", str(dataset), "--out", str(tmp_path / "run"), option, value)
    assert done.exit_code != 0
    assert says in f"{done.output} {done.exception}"
    assert not (tmp_path / "run").exists()


SMALL = (
    "model: {image_size: 32, joint_dim: 4, visual_dim: 8, channels: [4, 8], hidden: 16}\n"
    "training: {batch: 4, rollout: 2, steps: 3, warmup: 1, precision: fp32, probe_steps: 1}\n"
)


@pytest.fixture
def small(dataset, tmp_path):
    """Options of a run of three steps."""
    (tmp_path / "small.yaml").write_text(SMALL)
    return ["--dataset", str(dataset), "--out", str(tmp_path / "run"), "--config", str(tmp_path / "small.yaml")]


def test_ctrl_c_says_what_is_kept(small, tmp_path, monkeypatch):
    descend = learner.descend

    def interrupted(loss, step, *rest):
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)
        descend(loss, step, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(learner, "descend", interrupted)
        stopped = wm(*small)
    assert stopped.exit_code != 0
    assert f"what was done is kept in {tmp_path / 'run'}; the same command goes on from there" in stopped.output
    done = wm(*small)
    assert done.exit_code == 0 and "prediction/persistence" in done.output
    again = wm(*small)
    assert again.exit_code == 0 and "the run is finished: 3 of 3 steps" in again.output


def test_a_robot_file_is_found_from_other_folders_too(dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROBOTS / "panda.yaml", "mine.yaml")
    card = _card(None, open_dataset(dataset), "mine.yaml", {}, {})
    monkeypatch.chdir("/")
    assert find_robot(card.robot).name == "panda"


@pytest.mark.parametrize("robot", ["panda", None])
def test_a_robot_of_another_number_of_joints_than_the_dataset_is_refused(dataset, robot):
    data = open_dataset(dataset)
    data.joints = data.joints[..., :6]
    with pytest.raises(ValueError, match="the dataset's arm has 6 joints, robot 'panda' 7: name its own with --robot"):
        _card(None, data, robot, {}, {})
