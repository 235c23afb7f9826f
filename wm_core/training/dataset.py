"""Reads a dataset: numbers are held in memory, images are streamed from the shards. Format: docs/dataset.md."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from wm_core.config import Strict
from wm_core.training.hdf5_shard import SMALL_FIELDS, Episode, damaged, read_small_fields
from wm_core.training.manifest import DatasetError, Manifest, manifest_digest, read_manifest

HELD_OUT = 0.05  # of the episodes of every folder, the last ones: diagnosed, never trained on


class ImageStore:
    """The images of all episodes, on disk. `places`: shard file and row of every episode."""

    def __init__(self, places: Sequence[tuple[Path, int]]) -> None:
        self._places = places
        self._files: dict[tuple[int, Path], h5py.File] = {}

    def read(self, episode: int, start: int, stop: int) -> np.ndarray:
        """-> (stop - start, 3 V, h, w) uint8. Raises `DatasetError` when the shard is damaged."""
        path, row = self._places[episode]
        try:
            return self._file(path)["images"][row, start:stop]
        except (OSError, KeyError) as error:
            raise damaged(path, error) from error

    def _file(self, path: Path) -> h5py.File:
        # One a process: a forked reader shares no file position with its parent.
        key = os.getpid(), path
        if key not in self._files:
            # No cache of chunks: random windows hardly ever meet the same one twice.
            self._files[key] = h5py.File(path, "r", rdcc_nbytes=0)
        return self._files[key]


class Source(Strict):
    """A folder that episodes came from. manifest: SHA-256 of what it says of them; episodes: in its shards."""

    folder: str
    manifest: str
    episodes: int


class Dataset:
    """Episodes of one or more folders, all of one shape.

    manifest: of the first folder. sources: all folders. Arrays of all N episodes: joints (N, T + 1, J), gripper (N, T + 1),
    tool (N, T + 1, 3), object (N, T + 1, 3), actions (N, T, A), carried (N, T, 3), touch (N, T); see `Episode`.
    """

    def __init__(
        self,
        manifest: Manifest,
        sources: tuple[Source, ...],
        numbers: dict[str, np.ndarray],
        images: ImageStore,
        rows: np.ndarray,
        group: np.ndarray,
    ) -> None:
        """numbers: the small fields of these episodes; rows: their places in `images`; group: their folders, (N,)."""
        self.manifest, self.sources = manifest, sources
        self.joints, self.gripper = numbers["joints"], numbers["gripper"]
        self.tool, self.object = numbers["tool"], numbers["object"]
        self.actions, self.carried, self.touch = numbers["actions"], numbers["carried"], numbers["touch"]
        self._numbers, self._images, self._rows, self._group = numbers, images, rows, group

    def __len__(self) -> int:
        return len(self.joints)

    @property
    def steps(self) -> int:
        """T, actions in an episode."""
        return self.actions.shape[1]

    def images(self, episode: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Frames `start` to `stop` of one episode, read from disk: (stop - start, 3 V, h, w) uint8."""
        return self._images.read(int(self._rows[episode]), start, self.steps + 1 if stop is None else stop)

    def episode(self, number: int) -> Episode:
        """One episode, images and all."""
        return Episode(images=self.images(number), **{name: values[number] for name, values in self._numbers.items()})

    def split(self, held_out_fraction: float = HELD_OUT) -> tuple[Dataset, Dataset]:
        """(seen, held out) by episodes: the last of every folder, at least one each. Raises `DatasetError`.

        Everything that is trained leaves the same ones out: a policy or a refined model is judged on episodes that its
        encoder has not seen either.
        """
        held = np.zeros(len(self), dtype=bool)
        for folder in np.unique(self._group):
            members = np.flatnonzero(self._group == folder)
            held[members[-max(1, round(held_out_fraction * len(members))) :]] = True
        if held.all():
            raise DatasetError("one episode in every folder leaves nothing to train on when it is held out")
        return self._select(np.flatnonzero(~held)), self._select(np.flatnonzero(held))

    def joint_statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of proprioception, (J,) each; with a gripper its opening (m) is one more at the end."""
        values = self.joints
        if self.manifest.gripper:
            values = np.concatenate([values, self.gripper[..., None]], axis=-1)
        flat = values.reshape(-1, values.shape[-1])
        return flat.mean(0, dtype=np.float64).astype(np.float32), flat.std(0, dtype=np.float64).astype(np.float32)

    def _select(self, episodes: np.ndarray) -> Dataset:
        numbers = {name: values[episodes] for name, values in self._numbers.items()}
        return Dataset(self.manifest, self.sources, numbers, self._images, self._rows[episodes], self._group[episodes])


def open_dataset(folder: Path) -> Dataset:
    """Every shard that is there, in order. Raises `DatasetError` when there is none, or a damaged one."""
    return open_datasets([folder])


def open_datasets(folders: Sequence[Path]) -> Dataset:
    """Several folders as one. Raises `DatasetError` for folders that do not fit together."""
    manifests = [read_manifest(folder) for folder in folders]
    for folder, manifest in zip(folders, manifests):
        _require_equal(folders[0], manifests[0], folder, manifest)
    places: list[tuple[Path, int]] = []
    group: list[int] = []
    parts: list[dict[str, np.ndarray]] = []
    for number, folder in enumerate(folders):
        paths = sorted(Path(folder).glob("shard_*.h5"))
        if not paths:
            raise DatasetError(f"the dataset at {folder} has no shards yet; run `wm collect` first")
        for path in paths:
            parts.append(read_small_fields(path))
            count = len(parts[-1]["joints"])
            places += [(path, row) for row in range(count)]
            group += [number] * count
    numbers = {name: np.concatenate([part[name] for part in parts]) for name in SMALL_FIELDS}
    sources = tuple(
        Source(folder=str(folder), manifest=manifest_digest(manifest), episodes=group.count(number))
        for number, (folder, manifest) in enumerate(zip(folders, manifests))
    )
    return Dataset(manifests[0], sources, numbers, ImageStore(places), np.arange(len(places)), np.array(group))


def _require_equal(first: Path, one: Manifest, second: Path, other: Manifest) -> None:
    for name in ("image_size", "views", "step", "steps", "gripper", "max_step"):
        if getattr(one, name) != getattr(other, name):
            raise DatasetError(
                f"{first} and {second} do not fit together: {name} is {getattr(one, name)} and {getattr(other, name)}"
            )
