"""Weights on disk: a folder with `config.yaml`, `model.safetensors` and its SHA-256. Nothing is unpickled."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from wm_core.config import ModelCardConfig, load_config, save_config
from wm_core.model.tensors import CheckpointError, save_tensors
from wm_core.model.world_model import JepaWorldModel

__all__ = ["CONFIG", "HASH", "WEIGHTS", "CheckpointError", "load_card", "load_world_model", "model_hash", "save_world_model"]

WEIGHTS, CONFIG, HASH = "model.safetensors", "config.yaml", "model.sha256"


def save_world_model(model: JepaWorldModel, card: ModelCardConfig, folder: Path) -> None:
    """Writes the three files. Raises `CheckpointError`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_config(card, folder / CONFIG)
    save_tensors(model.state_dict(), folder / WEIGHTS)
    (folder / HASH).write_text(f"{_digest(folder / WEIGHTS)}  {WEIGHTS}\n")


def load_card(folder: Path) -> ModelCardConfig:
    """Architecture and planner settings. Raises `CheckpointError`, `ConfigError`."""
    path = Path(folder) / CONFIG
    if not path.is_file():
        raise CheckpointError(f"no model at {folder}: {CONFIG} is missing; expected a folder that `wm train` wrote")
    return load_config(ModelCardConfig, path)


def load_world_model(folder: Path, device: torch.device) -> JepaWorldModel:
    """The trained model on `device`, ready to infer. Raises `CheckpointError`, `ConfigError`."""
    folder = Path(folder)
    card = load_card(folder)
    _check_hash(folder)
    try:
        weights = load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise CheckpointError(f"{folder / WEIGHTS} is not a safetensors file: {error}") from error
    model = JepaWorldModel(card.model)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        text = " ".join(str(error).split())
        raise CheckpointError(f"{folder / WEIGHTS} does not fit {CONFIG}: {text[:300]}") from error
    broken = [name for name, tensor in weights.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if broken:
        raise CheckpointError(f"{folder / WEIGHTS} holds NaN or infinity in: {', '.join(broken)}")
    return model.to(device).eval().requires_grad_(False)


def model_hash(folder: Path) -> str:
    """SHA-256 of the weights, as the hash file beside them says: what is fitted to a model bears it. Raises `CheckpointError`."""
    path = Path(folder) / HASH
    if not path.is_file():
        raise CheckpointError(f"no model at {folder}: {HASH} is missing")
    return (path.read_text().split() or [""])[0]


def _check_hash(folder: Path) -> None:
    if not (folder / WEIGHTS).is_file():
        raise CheckpointError(f"no model at {folder}: {WEIGHTS} is missing")
    said, found = model_hash(folder), _digest(folder / WEIGHTS)
    if said != found:
        raise CheckpointError(f"{folder / WEIGHTS} is damaged or was changed: its SHA-256 is {found}, {HASH} says {said}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
