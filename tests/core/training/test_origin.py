"""A run begins with the weights that it is given, and goes on with its own configuration, data and start alone."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wm_core.model.checkpoint import load_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.dataset import open_dataset, open_datasets
from wm_core.training.hdf5_shard import shard_path, write_shard
from wm_core.training.loop import TrainingError, train
from wm_core.training.manifest import write_manifest
from wm_core.training.origin import ORIGIN

CPU = torch.device("cpu")


@pytest.mark.timeout(400)  # seconds, minutes on a machine that is busy otherwise
def test_a_run_begins_with_the_weights_it_is_given(toy, data, tmp_path):
    toy.run(toy.CARD, data, tmp_path / "first")
    first = load_world_model(tmp_path / "first", CPU)
    # One step at a learning rate of 1e-9 moves no weight by more than that, times the warm-up's half.
    card = toy.changed(steps=1, learning_rate=1e-9)
    list(train(card, data, tmp_path / "second", CPU, start=first))
    second = load_world_model(tmp_path / "second", CPU)
    torch.testing.assert_close(second.metric.map.weight, first.metric.map.weight, rtol=0, atol=1e-8)
    with pytest.raises(TrainingError, match="another architecture"):
        list(train(toy.changed({"hidden": 48}), data, tmp_path / "third", CPU, start=first))


def test_a_folder_of_another_run_is_left_alone(toy, data, tmp_path):
    next(train(toy.CARD, data, tmp_path, CPU))
    other = toy.CARD.model_copy(update={"training": toy.CARD.training.model_copy(update={"seed": 9})})
    with pytest.raises(TrainingError, match="another configuration"):
        next(train(other, data, tmp_path, CPU))


def test_a_run_goes_on_with_its_own_data_alone(toy, data, tmp_path):
    next(train(toy.CARD, data, tmp_path / "run", CPU))
    with pytest.raises(TrainingError, match=r"another run: it began on .*/data, now on .*/data, .*/two;"):
        two = toy.moving_square(tmp_path / "two")
        next(train(toy.CARD, open_datasets([Path(data.sources[0].folder), tmp_path / "two"]), tmp_path / "run", CPU))
    # The same episodes elsewhere, and rewritten by other packages, are the same.
    write_manifest(tmp_path / "two", two.manifest.model_copy(update={"packages": {"numpy": ("9.9",)}}))
    steps = [now.step for now in train(toy.CARD, open_dataset(tmp_path / "two"), tmp_path / "run", CPU)]
    assert steps == list(range(2, 13))
    # Others of the same settings are not, nor is a collection that went on.
    random = np.random.default_rng(1)
    write_shard(shard_path(tmp_path / "two", 0), [toy.episode(random, 8, False) for _ in range(12)], list(range(12)))
    with pytest.raises(TrainingError, match=r"dataset .*/two \(12 episodes\) is not what .*/data was when it began \(12 episodes\)"):
        next(train(toy.CARD, open_dataset(tmp_path / "two"), tmp_path / "run", CPU))
    write_shard(shard_path(tmp_path / "two", 1), [toy.episode(random, 8, False)], [12])
    with pytest.raises(TrainingError, match=r"dataset .*/two \(13 episodes\) is not what .*/data was when it began \(12 episodes\)"):
        next(train(toy.CARD, open_dataset(tmp_path / "two"), tmp_path / "run", CPU))


def test_a_run_goes_on_with_its_own_start_alone(toy, data, tmp_path):
    torch.manual_seed(3)
    one, other = JepaWorldModel(toy.CARD.model), JepaWorldModel(toy.CARD.model)
    next(train(toy.CARD, data, tmp_path / "run", CPU, start=one))
    next(train(toy.CARD, data, tmp_path / "run", CPU, start=one))
    with pytest.raises(TrainingError, match="it began with trained weights [0-9a-f]{12}, now with trained weights"):
        next(train(toy.CARD, data, tmp_path / "run", CPU, start=other))
    with pytest.raises(TrainingError, match="now with random weights"):
        next(train(toy.CARD, data, tmp_path / "run", CPU))


def test_a_run_of_before_there_was_a_record_goes_on(toy, data, tmp_path):
    for progress in train(toy.CARD, data, tmp_path / "run", CPU):
        if progress.step == 11:
            break
    (tmp_path / "run" / ORIGIN).unlink()
    other = toy.moving_square(tmp_path / "other", 20)
    assert [progress.step for progress in train(toy.CARD, other, tmp_path / "run", CPU)] == [12]
    assert not (tmp_path / "run" / ORIGIN).exists()  # nobody knows
