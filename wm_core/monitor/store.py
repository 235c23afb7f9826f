"""A gate on disk, beside the model that it watches: `gate.yaml` and `gate.safetensors`. Nothing is unpickled."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from wm_core.config import load_config, save_config
from wm_core.model.checkpoint import model_hash
from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.calibrate import Calibrated
from wm_core.monitor.config import GateConfig
from wm_core.monitor.gate import SurpriseGate
from wm_core.monitor.gaussian import Gaussians
from wm_core.monitor.signals import Statistics
from wm_core.monitor.usual_error import UsualError
from wm_core.monitor.usual_picture import UsualPicture
from wm_core.protocols import Kinematics

CONFIG, TENSORS = "gate.yaml", "gate.safetensors"


class GateError(ValueError):
    """The model has no usable gate; the message names what is wrong."""


def save_gate(gate: Calibrated, folder: Path) -> GateConfig:
    """Writes both files into the folder of the model that it was fitted to; what was written comes back."""
    config = gate.config.model_copy(update={"model_sha256": model_hash(folder)})
    found = gate.statistics
    parts = {"latent": found.latent, "early": found.early, "usual": found.usual, "scene": found.scene}
    tensors = {f"{part}.{name}": value for part, kept in parts.items() for name, value in kept.tensors().items()}
    save_file({name: value.cpu().contiguous() for name, value in tensors.items()}, folder / TENSORS)
    save_config(config, folder / CONFIG)
    return config


def load_gate(folder: Path, world_model: JepaWorldModel, kinematics: Kinematics) -> SurpriseGate:
    """The gate of the model in `folder`, on the model's device. Raises `GateError`, `ConfigError`."""
    for name in (CONFIG, TENSORS):
        if not (folder / name).is_file():
            raise GateError(f"the model at {folder} has no gate: {name} is missing; run `wm gate`")
    config = load_config(GateConfig, folder / CONFIG)
    if config.model_sha256 != model_hash(folder):
        raise GateError(f"{folder / CONFIG} was fitted to other weights; run `wm gate` again")
    try:
        tensors = load_file(folder / TENSORS, device=str(world_model.device))
        kinds = {"latent": Gaussians, "early": Gaussians, "usual": UsualError, "scene": UsualPicture}
        parts = {part: kind(**_fields(tensors, part)) for part, kind in kinds.items()}
    except (SafetensorError, TypeError) as error:
        raise GateError(f"{folder / TENSORS} is damaged ({error}); run `wm gate` again") from error
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise GateError(f"{folder / TENSORS} holds NaN or infinity; run `wm gate` again")
    return SurpriseGate(world_model, config, Statistics(**parts), kinematics)


def _fields(tensors: dict[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    start = f"{part}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
