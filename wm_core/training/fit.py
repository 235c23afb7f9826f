"""Whether a dataset is what a model expects, and the model that it asks for."""

from __future__ import annotations

import numpy as np

from wm_core.config import ModelCardConfig, WorldModelConfig, load_config, parse_config
from wm_core.resources import find_model
from wm_core.training.dataset import Dataset


class FitError(ValueError):
    """The dataset is not for this model; the message names what differs."""


# Of which the settings are taken where nobody gives any: what was measured is the best starting point.
_OF_MOTION, _OF_OBJECTS = "panda_tabletop", "panda_table"
_LEAST = 0.01  # m, side of a workspace of data in which the tool did not move along an axis


def fitting_card(dataset: Dataset) -> ModelCardConfig:
    """The settings of the shipped model, that of objects where one was ever touched, for a dataset's cameras and arm.

    Plans stay where the tool was in the data. Raises `ConfigError` where no model is shipped.
    """
    objects = bool(dataset.touch.any())
    card = load_config(ModelCardConfig, find_model(_OF_OBJECTS if objects else _OF_MOTION) / "config.yaml")
    own = _described(dataset) | {"max_step": dataset.manifest.max_step, "objects": objects, "touch": False}
    later = {"refine": None, "prior": None, "inverse_dynamics": None}  # stages that have not been gone through
    plain = card.model_dump() | {"model": card.model.model_dump() | own, "workspace": _reached(dataset)} | later
    return parse_config(ModelCardConfig, plain, "dataset")


def _reached(dataset: Dataset) -> dict[str, list[float]]:
    """The box of all places of the tool, m."""
    lower, upper = (getattr(dataset.tool, side)((0, 1)).astype(float) for side in ("min", "max"))
    wider = np.maximum(0.0, 0.5 * (_LEAST - (upper - lower)))
    return {"lower": (lower - wider).round(4).tolist(), "upper": (upper + wider).round(4).tolist()}


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
