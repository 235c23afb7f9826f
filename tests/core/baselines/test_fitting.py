"""The baselines with weights of their own learn, go on where they were stopped, and say what is wrong on disk."""

import itertools
import os
import signal

import numpy as np
import pytest
import torch

from wm_core.baselines import fitting
from wm_core.baselines.fitting import fit_baseline
from wm_core.baselines.pixel_model import shrink
from wm_core.baselines.store import load_baseline
from wm_core.config import TrainingConfig
from wm_core.model.checkpoint import CheckpointError
from wm_core.training.loop import TrainingError
from wm_core.types import Focus, JointState, Observation

CPU = torch.device("cpu")
pytestmark = pytest.mark.timeout(300)  # two small models are trained


@pytest.fixture(scope="module")
def picture(square):
    return lambda x, y: np.ascontiguousarray(square(x, y).transpose(1, 2, 0))


@pytest.fixture(scope="module")
def seen(picture):
    """Two observations of the square at rest."""

    def look(x, y):
        joints = np.array([0.01 * x, 0.01 * y, 0, 0, 0, 0, 0])
        return [Observation(picture(x, y), JointState(joints, np.zeros(7), stamp), stamp) for stamp in (0.0, 0.2)]

    return look


@pytest.fixture(scope="module")
def folders(card, data, tmp_path_factory):
    found = {}
    for kind, steps in (("pixel", 300), ("regressor", 100)):
        found[kind], training = tmp_path_factory.mktemp(kind), card.training.model_copy(update={"steps": steps})
        for progress in fit_baseline(kind, card.model_copy(update={"training": training}), data, found[kind], CPU):
            if progress.step == 1:
                first = progress.loss
        assert progress.step == steps and progress.held_out < 0.5 * first
    return found


def test_the_regressor_reads_the_place_from_the_picture(folders, picture):
    regressor = load_baseline("regressor", folders["regressor"], CPU)
    with torch.no_grad():
        read = np.array([regressor.read((picture(x, y),)) for x, y in ((4, 4), (20, 4), (4, 20))])
    # To 4 cm where places range over 24: it tells corners apart.
    assert np.abs(read - [[0.04, 0.04, 0], [0.20, 0.04, 0], [0.04, 0.20, 0]]).max() < 0.04


@torch.inference_mode()
def test_the_pixel_model_imagines_where_the_square_goes(folders, seen, picture):
    model = load_baseline("pixel", folders["pixel"], CPU)
    latent = model.encode(seen(8, 12))
    goal = model.encode_goal(picture(14, 12))
    right, left = (torch.tensor([[sign * 0.03, 0.0, 0.0]] * 2) for sign in (1, -1))
    distance = model.goal_distance(model.rollout(latent, torch.stack([right, left])), goal)
    assert distance.shape == (2, 2)
    # Two steps of 3 cm to the right end on the goal, to the left 12 cm from it.
    assert distance[0, 1] < distance[0, 0] < distance[1, 1]
    assert torch.equal(distance, model.goal_distance(model.rollout(latent, torch.stack([right, left])), goal, Focus.OBJECT))


@torch.inference_mode()
def test_pixel_distance_is_the_difference_of_the_pictures(folders, seen):
    model = load_baseline("pixel", folders["pixel"], CPU)
    latent = model.encode(seen(8, 12))
    assert model.goal_distance(latent, model.decode(latent[-1])) == 0.0
    # 0.1 brighter everywhere is a root mean square of 0.1.
    assert model.goal_distance(latent, model.decode(latent[-1]) + 0.1) == pytest.approx(0.1, rel=1e-4)


def test_pictures_are_shrunk_by_areas():
    image = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    image[..., :2, :1] = 255  # half of the first 2 x 2 pixels
    assert shrink(image)[0, :, 0, 0].tolist() == [0.5] * 3 and shrink(image).shape == (1, 3, 32, 32)


def test_a_stopped_run_ends_as_the_whole_one_does(card, data, tmp_path):
    short = card.model_copy(update={"training": TrainingConfig(**card.training.model_dump() | {"steps": 6, "checkpoint_every": 3})})
    list(fit_baseline("regressor", short, data, tmp_path / "whole", CPU))
    for progress in fit_baseline("regressor", short, data, tmp_path / "stopped", CPU):
        if progress.step == 4:  # one step after the checkpoint
            break
    assert [progress.step for progress in fit_baseline("regressor", short, data, tmp_path / "stopped", CPU)] == [5, 6]
    whole, stopped = (load_baseline("regressor", tmp_path / name, CPU).state_dict() for name in ("whole", "stopped"))
    assert all(torch.equal(whole[name], stopped[name]) for name in whole)


def test_ctrl_c_keeps_every_whole_step(card, data, tmp_path, monkeypatch):
    short = card.model_copy(update={"training": TrainingConfig(**card.training.model_dump() | {"steps": 4})})
    list(fit_baseline("regressor", short, data, tmp_path / "whole", CPU))
    descend, calls = fitting.descend, itertools.count(1)

    def interrupted(*arguments):
        if next(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        descend(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "descend", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(fit_baseline("regressor", short, data, tmp_path / "stopped", CPU))
    assert [progress.step for progress in fit_baseline("regressor", short, data, tmp_path / "stopped", CPU)] == [3, 4]
    whole, stopped = (load_baseline("regressor", tmp_path / name, CPU).state_dict() for name in ("whole", "stopped"))
    assert all(torch.equal(whole[name], stopped[name]) for name in whole)


def test_another_configuration_in_the_folder_is_refused(card, data, folders):
    other = card.model_copy(update={"training": TrainingConfig(steps=3)})
    with pytest.raises(TrainingError, match="another configuration"):
        next(fit_baseline("regressor", other, data, folders["regressor"], CPU))


def test_other_data_in_the_folder_is_refused(card, data, tmp_path, monkeypatch):
    short = card.model_copy(update={"training": TrainingConfig(**card.training.model_dump() | {"steps": 2})})
    next(fit_baseline("regressor", short, data, tmp_path, CPU))
    monkeypatch.setattr(data, "sources", (data.sources[0].model_copy(update={"digest": "0", "episodes": 41}),))
    with pytest.raises(TrainingError, match=r"\(41 episodes\) is not what .* was when it began \(40 episodes\)"):
        next(fit_baseline("regressor", short, data, tmp_path, CPU))


def test_what_is_wrong_on_disk_is_named(folders, tmp_path):
    with pytest.raises(CheckpointError, match="no baseline 'pixel' at .* cannot read pixel.sha256"):
        load_baseline("pixel", folders["regressor"], CPU)
    for name in ("config.yaml", "regressor.safetensors", "regressor.sha256"):
        (tmp_path / name).write_bytes((folders["regressor"] / name).read_bytes())
    with open(tmp_path / "regressor.safetensors", "ab") as file:
        file.write(b"x")
    with pytest.raises(CheckpointError, match="damaged or was changed"):
        load_baseline("regressor", tmp_path, CPU)
