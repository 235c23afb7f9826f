"""Damaged or foreign weights are refused with a clear message, and nothing in them is executed."""

import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from wm_core.config import ModelCardConfig, WorldModelConfig
from wm_core.model.checkpoint import CheckpointError, load_world_model, save_world_model
from wm_core.model.world_model import JepaWorldModel

CPU = torch.device("cpu")
CARD = ModelCardConfig(model=WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32))


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    save_world_model(JepaWorldModel(CARD.model), CARD, tmp_path)
    return tmp_path


def rehash(folder):
    import hashlib

    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "model.sha256").write_text(f"{digest}  model.safetensors\n")


def test_what_was_saved_is_loaded(folder):
    torch.manual_seed(0)
    original = JepaWorldModel(CARD.model).state_dict()
    for name, tensor in load_world_model(folder, CPU).state_dict().items():
        torch.testing.assert_close(tensor, original[name], rtol=0, atol=0)


def test_a_truncated_file_is_refused(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="model.safetensors is damaged or was changed"):
        load_world_model(folder, CPU)


def test_a_pickle_is_not_executed(folder, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    rehash(folder)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load_world_model(folder, CPU)
    assert not (tmp_path / "executed").exists()


def test_weights_of_another_architecture_are_refused(folder):
    from wm_core.config import save_config

    save_config(CARD.model_copy(update={"model": CARD.model.model_copy(update={"visual_dim": 24})}), folder / "config.yaml")
    with pytest.raises(CheckpointError, match="does not fit config.yaml"):
        load_world_model(folder, CPU)


def test_weights_that_are_not_numbers_are_refused(folder):
    weights = load_file(folder / "model.safetensors")
    weights["metric.map.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors")
    rehash(folder)
    with pytest.raises(CheckpointError, match="NaN or infinity in: metric.map.weight"):
        load_world_model(folder, CPU)


@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors", "model.sha256"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        load_world_model(folder, CPU)
