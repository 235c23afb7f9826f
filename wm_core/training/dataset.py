"""Episodes on disk: a folder with `manifest.json` and numbered shards (`.npz`, arrays only, nothing pickled)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from wm_core.config import Strict


class DatasetError(ValueError):
    """The folder holds no usable dataset; the message names what is wrong."""


class Manifest(Strict):
    """What a dataset is: enough to make it again."""

    version: int = 1
    environment: str
    seed: int
    episodes: int
    steps: int
    image_size: int
    step: float
    episodes_per_shard: int


@dataclass(frozen=True, eq=False)
class Episodes:
    """N episodes of T actions.

    images: (N, T + 1, 3, h, w) uint8; joints: (N, T + 1, J) rad; tool: (N, T + 1, 3) m, ground truth for probes;
    actions: (N, T, 3) m, the tool displacement commanded after each frame.
    """

    images: np.ndarray
    joints: np.ndarray
    tool: np.ndarray
    actions: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes it, or checks that it equals what is there (a collection that goes on). Raises `DatasetError`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "manifest.json"
    if path.exists():
        there = read_manifest(folder)
        if there != manifest:
            raise DatasetError(f"{path} is of another collection ({there}); choose another folder or remove it")
        return
    path.write_text(manifest.model_dump_json(indent=1))


def read_manifest(folder: Path) -> Manifest:
    """Raises `DatasetError`."""
    path = Path(folder) / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_text())
    except OSError as error:
        raise DatasetError(f"no dataset at {folder}: cannot read manifest.json ({error.strerror})") from error
    except ValidationError as error:
        raise DatasetError(f"{path} is damaged: {error.errors()[0]['msg']}") from error


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` lies."""
    return Path(folder) / f"shard_{number:05d}.npz"


def write_shard(path: Path, episodes: Episodes) -> None:
    """Whole or not at all: a killed collection leaves no half shard."""
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez(file, images=episodes.images, joints=episodes.joints, tool=episodes.tool, actions=episodes.actions)
    os.replace(partial, path)


def read_dataset(folder: Path) -> tuple[Manifest, Episodes]:
    """Every shard that is there, in order. Raises `DatasetError` when there is none."""
    manifest = read_manifest(folder)
    paths = sorted(Path(folder).glob("shard_*.npz"))
    if not paths:
        raise DatasetError(f"the dataset at {folder} has no shards yet; run `wm collect` to its end first")
    shards = [_read_shard(path) for path in paths]
    join = [np.concatenate([getattr(shard, name) for shard in shards]) for name in Episodes.__dataclass_fields__]
    return manifest, Episodes(*join)


def _read_shard(path: Path) -> Episodes:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Episodes(*(arrays[name] for name in Episodes.__dataclass_fields__))
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(f"{path} is damaged ({error}); remove it and collect again") from error
