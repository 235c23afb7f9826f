"""Reads a dataset: numbers are held in memory, images are streamed from the shards. Format: docs/dataset.md."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from wm_core.config import Strict
from wm_core.training.hdf5_shard import SMALL_FIELDS, Episode, damaged, read_small_fields
from wm_core.training.manifest import DatasetError, Manifest, read_manifest

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
    """A folder that episodes came from. digest: SHA-256 of its settings and its numbers; episodes: in its shards."""

    folder: str
    digest: str
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
    """Every shard that is there, in order. Raises `DatasetError` when there is none, or one that is not as the manifest says."""
    return open_datasets([folder])


def open_datasets(folders: Sequence[Path]) -> Dataset:
    """Several folders as one. Raises `DatasetError` for folders that do not fit together."""
    manifests = [read_manifest(folder) for folder in folders]
    for folder, manifest in zip(folders, manifests):
        _require_equal(folders[0], manifests[0], folder, manifest)
    places: list[tuple[Path, int]] = []
    parts: list[dict[str, np.ndarray]] = []
    sources: list[Source] = []
    for folder, manifest in zip(folders, manifests):
        paths = sorted(Path(folder).glob("shard_*.h5"))
        if not paths:
            raise DatasetError(f"the dataset at {folder} has no shards yet; run `wm collect` first")
        shards = [read_small_fields(path, manifest) for path in paths]
        parts += shards
        places += [(path, row) for path, shard in zip(paths, shards) for row in range(len(shard["joints"]))]
        _require_same_arm(places[0][0], parts[0], paths, shards)
        sources.append(_source(folder, manifest, shards))
    numbers = {name: np.concatenate([part[name] for part in parts]) for name in SMALL_FIELDS}
    group = np.repeat(np.arange(len(sources)), [source.episodes for source in sources])
    return Dataset(manifests[0], tuple(sources), numbers, ImageStore(places), np.arange(len(places)), group)


def _source(folder: Path, manifest: Manifest, shards: Sequence[dict[str, np.ndarray]]) -> Source:
    # Not who wrote it; and a setting that a later version adds changes nothing where it has its default.
    said = manifest.model_dump_json(exclude={"packages", "counts"}, exclude_defaults=True)
    digest = hashlib.sha256(said.encode())
    for shard in shards:
        for name in SMALL_FIELDS:
            digest.update(shard[name].tobytes())
    return Source(folder=str(folder), digest=digest.hexdigest(), episodes=sum(len(shard["joints"]) for shard in shards))


def _require_equal(first: Path, one: Manifest, second: Path, other: Manifest) -> None:
    for name in ("image_size", "views", "step", "steps", "gripper", "max_step"):
        if getattr(one, name) != getattr(other, name):
            raise DatasetError(
                f"{first} and {second} do not fit together: {name} is {getattr(one, name)} and {getattr(other, name)}"
            )


def _require_same_arm(
    first: Path, one: dict[str, np.ndarray], paths: Sequence[Path], shards: Sequence[dict[str, np.ndarray]]
) -> None:
    for path, shard in zip(paths, shards):
        joints = one["joints"].shape[-1], shard["joints"].shape[-1]
        if joints[0] != joints[1]:
            raise DatasetError(f"{first} and {path} do not fit together: joints are {joints[0]} and {joints[1]}")
