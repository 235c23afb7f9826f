"""Whether a shard holds what its manifest says: datasets from elsewhere are written by other programs."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from wm_core.training.manifest import DatasetError, Manifest

_ANY = -1  # as many as there are


def check_header(path: Path, file: h5py.File, manifest: Manifest) -> None:
    """Shapes and types of all fields; nothing of them is read. Raises `DatasetError`, which names file and field."""
    shapes = _shapes(manifest)
    for name in shapes:
        if not isinstance(file.get(name), h5py.Dataset):
            raise DatasetError(f"{path}: field '{name}' is missing; expected {', '.join(shapes)}")
    # How many episodes a shard holds and how many joints the arm has, no manifest says.
    joints = file["joints"].shape
    if len(joints) != 3 or 0 in joints:
        raise DatasetError(f"{path}: joints is {joints}, expected (N, T + 1, J)")
    for name, (letters, shape) in shapes.items():
        found, kind = file[name], np.dtype(np.uint8 if name == "images" else np.float32)
        wanted = (joints[0], *(joints[2] if size == _ANY else size for size in shape))
        if found.shape != wanted:
            raise DatasetError(f"{path}: {name} is {found.shape}, expected ({letters}) = {wanted}, as the manifest says")
        if found.dtype != kind:
            raise DatasetError(f"{path}: {name} is {found.dtype}, expected {kind}")


def check_numbers(path: Path, name: str, values: np.ndarray) -> None:
    """values: (N, ...). Raises `DatasetError` for NaN or infinity, which names file, field and episode."""
    broken = np.flatnonzero(~np.isfinite(values).all(axis=tuple(range(1, values.ndim))))
    if len(broken):
        raise DatasetError(f"{path}: {name} holds NaN or infinity in {len(broken)} episode(s), first in row {broken[0]}")


def _shapes(manifest: Manifest) -> dict[str, tuple[str, tuple[int, ...]]]:
    """What docs/dataset.md calls the axes of a field, and their lengths behind the first one, by name."""
    steps, size = manifest.steps, manifest.image_size
    place = ("N, T + 1, 3", (steps + 1, 3))
    return {
        "images": ("N, T + 1, 3 V, h, w", (steps + 1, 3 * manifest.views, size, size)),
        "joints": ("N, T + 1, J", (steps + 1, _ANY)),
        "gripper": ("N, T + 1", (steps + 1,)),
        "tool": place,
        "object": place,
        "actions": ("N, T, A", (steps, manifest.action_dim)),
        "carried": ("N, T, 3", (steps, 3)),
        "touch": ("N, T", (steps,)),
    }
