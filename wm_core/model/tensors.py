"""Tensors on disk, for every kind of checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor


class CheckpointError(ValueError):
    """The folder holds no usable model, or none can be written there; the message names what is wrong."""


def save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Whole or not at all: where it fails, what was there before stays. Raises `CheckpointError`."""
    partial = path.with_suffix(".partial")
    try:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, metadata=metadata)
        os.replace(partial, path)
    except (SafetensorError, OSError) as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"cannot write {path}: {error}") from error
