"""Baselines with weights of their own on disk: `config.yaml`, `KIND.safetensors` and its SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from wm_core.baselines.pixel_model import PixelWorldModel
from wm_core.baselines.regressor import ToolRegressor
from wm_core.model.checkpoint import CONFIG, CheckpointError, load_card
from wm_core.model.tensors import save_tensors

Kind = Literal["pixel", "regressor"]
MODELS: dict[str, type[nn.Module]] = {"pixel": PixelWorldModel, "regressor": ToolRegressor}


def save_baseline(kind: Kind, model: nn.Module, folder: Path) -> None:
    """Weights and hash; `config.yaml` is the run's. Raises `CheckpointError`."""
    path = folder / f"{kind}.safetensors"
    save_tensors(model.state_dict(), path)
    (folder / f"{kind}.sha256").write_text(f"{_digest(path)}  {path.name}\n")


def load_baseline(kind: Kind, folder: Path, device: torch.device) -> nn.Module:
    """Ready to infer. Raises `CheckpointError`, `ConfigError`."""
    path, model = folder / f"{kind}.safetensors", MODELS[kind](load_card(folder).model)
    try:
        if (folder / f"{kind}.sha256").read_text().split()[:1] != [_digest(path)]:
            raise CheckpointError(f"{path} is damaged or was changed: its SHA-256 is not the one in {kind}.sha256")
        model.load_state_dict(load_file(path))
    except OSError as error:
        missing = f"cannot read {Path(error.filename).name} ({error.strerror})"
        raise CheckpointError(f"no baseline '{kind}' at {folder}: {missing}; run `wm baseline train --kind {kind}`") from error
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{path} does not fit {CONFIG}: {' '.join(str(error).split())[:300]}") from error
    return model.to(device).eval().requires_grad_(False)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
