"""Whether a dataset is what a model expects."""

from __future__ import annotations

from wm_core.config import WorldModelConfig
from wm_core.training.dataset import Dataset


class FitError(ValueError):
    """The dataset is not for this model; the message names what differs."""


def check_fit(model: WorldModelConfig, dataset: Dataset) -> None:
    """Raises `FitError`."""
    manifest = dataset.manifest
    there = {
        "image_size": manifest.image_size,
        "views": manifest.views,
        "step": manifest.step,
        "joints": dataset.joints.shape[-1],
        "action_dim": dataset.actions.shape[-1],
        # Actions that have a gripper tell the model so; what it does not use, it may leave.
        "gripper": manifest.gripper,
    }
    off = [f"{name} is {value}, the model's {getattr(model, name)}" for name, value in there.items() if getattr(model, name) != value]
    if off:
        raise FitError(f"the dataset does not fit the model: {'; '.join(off)}")
