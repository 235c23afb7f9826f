"""One shard: an HDF5 file with one dataset a field, episodes on the first axis."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

import h5py
import numpy as np

from wm_core.training.manifest import DatasetError, Manifest
from wm_core.training.shard_check import check_header, check_numbers

# Measured on real frames, docs/dataset.md: gzip finds what neighbouring frames share, four of them are read fast enough.
CHUNK_FRAMES = 4
_COMPRESSION = {"compression": "gzip", "compression_opts": 1}


@dataclass(frozen=True, eq=False)
class Episode:
    """T actions and what was seen and felt around them. In a shard every array has one more axis in front: episodes.

    images: (T + 1, 3 V, h, w) uint8; joints: (T + 1, J) rad; gripper: (T + 1,) m, the opening, 0 for an arm that does
    not tell; tool, object: (T + 1, 3) m, ground truth, for probes and scoring only; actions: (T, A) m of tool
    displacement as commanded, then the gripper's command where there is one; carried: (T, 3) m and touch: (T,) in 0..1,
    what the arm felt (`Felt`).
    """

    images: np.ndarray
    joints: np.ndarray
    gripper: np.ndarray
    tool: np.ndarray
    object: np.ndarray
    actions: np.ndarray
    carried: np.ndarray
    touch: np.ndarray


FIELDS = tuple(field.name for field in fields(Episode))
SMALL_FIELDS = tuple(name for name in FIELDS if name != "images")


@dataclass(frozen=True)
class ShardSummary:
    """episodes: in the file; dropped: drawn and thrown away for it; contact: share of its actions with touch.

    error, drawn_error: m, mean one-step error of a world model on them, and on all that they were chosen from; None
    where no model drove.
    """

    episodes: int
    dropped: int
    contact: float
    error: float | None = None
    drawn_error: float | None = None


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` lies."""
    return Path(folder) / f"shard_{number:05d}.h5"


def shard_number(path: Path) -> int:
    """Of the file that `shard_path` names."""
    return int(path.stem.removeprefix("shard_"))


def write_shard(
    path: Path,
    episodes: list[Episode],
    seeds: list[int],
    dropped: int = 0,
    error: float | None = None,
    drawn_error: float | None = None,
) -> ShardSummary:
    """Whole or not at all: a killed collection leaves no half shard.

    seeds: of the scenes, one an episode. The rest: see `ShardSummary`.
    """
    partial = path.with_suffix(".partial")
    touch = np.stack([episode.touch for episode in episodes])
    summary = ShardSummary(len(episodes), dropped, float((touch > 0.0).mean()), error, drawn_error)
    with h5py.File(partial, "w", libver="v110") as file:
        for name in FIELDS:
            values = np.stack([getattr(episode, name) for episode in episodes])
            if name == "images":
                chunk = (1, min(CHUNK_FRAMES, values.shape[1]), *values.shape[2:])
                file.create_dataset(name, data=values, chunks=chunk, **_COMPRESSION)
            else:
                file.create_dataset(name, data=values.astype(np.float32))
        file.create_dataset("seeds", data=np.array(seeds, dtype=np.int64))
        # The number of episodes is in the shape of everything else.
        file.attrs.update({name: value for name, value in vars(summary).items() if name != "episodes" and value is not None})
    os.replace(partial, path)
    return summary


def summarise_shard(path: Path) -> ShardSummary:
    """Of a shard on disk. Raises `DatasetError`."""
    try:
        with h5py.File(path, "r") as file:
            errors = (float(file.attrs[name]) if name in file.attrs else None for name in ("error", "drawn_error"))
            return ShardSummary(len(file["images"]), int(file.attrs["dropped"]), float(file.attrs["contact"]), *errors)
    except (OSError, KeyError) as error:
        raise damaged(path, error) from error


def read_small_fields(path: Path, manifest: Manifest) -> dict[str, np.ndarray]:
    """All but the images, by name, each (N, ...). Raises `DatasetError` for a shard that is not as `manifest` says.

    Of the images the header alone is looked at.
    """
    try:
        with h5py.File(path, "r") as file:
            check_header(path, file, manifest)
            found = {name: file[name][:] for name in SMALL_FIELDS}
    except (OSError, KeyError) as error:
        raise damaged(path, error) from error
    for name, values in found.items():
        check_numbers(path, name, values)
    return found


def damaged(path: Path, error: Exception) -> DatasetError:
    """What to say of a shard that cannot be read."""
    return DatasetError(f"{path} is damaged ({error}); remove it and collect again")
