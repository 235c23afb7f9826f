"""Whether a dataset is what a model expects, and the model that it asks for."""

from __future__ import annotations

from wm_core.config import WorldModelConfig
from wm_core.training.dataset import Dataset


class FitError(ValueError):
    """The dataset is not for this model; the message names what differs."""


def fitting_model(dataset: Dataset) -> WorldModelConfig:
    """The default architecture for a dataset: its cameras, its arm, and objects where one was ever touched."""
    values = _described(dataset) | {"max_step": dataset.manifest.max_step, "objects": bool(dataset.touch.any())}
    return WorldModelConfig.model_validate(values)


def check_fit(model: WorldModelConfig, dataset: Dataset) -> None:
    """Raises `FitError`."""
    there = _described(dataset).items()
    off = [f"{name} is {value}, the model's {getattr(model, name)}" for name, value in there if getattr(model, name) != value]
    if off:
        raise FitError(f"the dataset does not fit the model: {'; '.join(off)}")


def _described(dataset: Dataset) -> dict[str, int | float | bool]:
    """What dataset and model must agree on, by the names of `WorldModelConfig`."""
    manifest = dataset.manifest
    return {
        "image_size": manifest.image_size,
        "views": manifest.views,
        "step": manifest.step,
        "joints": dataset.joints.shape[-1],
        "action_dim": dataset.actions.shape[-1],
        "gripper": manifest.gripper,
    }
