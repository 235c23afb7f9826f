"""`manifest.json`: what a dataset is, enough to make it again, and how far it has come."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from wm_core.config import Strict

_PACKAGES = ("wm_ros", "numpy", "opencv-python", "opencv-python-headless", "pin", "pybullet", "fast-simplification", "h5py")


class DatasetError(ValueError):
    """The folder holds no usable dataset; the message names what is wrong."""


class OnPolicyConfig(Strict):
    """A round in which the planner itself drives.

    model: its folder; digest: of what lies there. round: sets the seeds apart from every other round's.
    hardest: share of the episodes that are, of `candidates` runs each, the one that the model was most wrong about.
    """

    model: str
    digest: str
    round: int = Field(1, ge=1, le=1000)
    candidates: int = Field(3, ge=1, le=20)
    hardest: float = Field(0.7, ge=0.0, le=1.0)


class CollectionConfig(Strict):
    """One collection run. Two runs with equal values write equal episodes.

    look: strength of the domain randomisation, 0 for none. views: cameras. image_size: side of the stored frames, px.
    step: s that one action takes. mix: weights of the behaviours that drive the arm; on policy none of them does.
    """

    environment: str = "panda_tabletop"
    task: str = "reach"
    look: float = Field(0.0, ge=0.0, le=1.0)
    views: int = Field(1, ge=1, le=4)
    mix: dict[str, float] = Field({"wander": 1.0}, min_length=1)
    episodes: int = Field(1000, ge=1)
    steps: int = Field(40, ge=1)
    seed: int = Field(0, ge=0, lt=900)
    image_size: int = Field(64, ge=16, le=256, multiple_of=16)  # as `WorldModelConfig` has it
    step: float = Field(0.2, gt=0.0)
    episodes_per_shard: int = Field(25, ge=1)
    on_policy: OnPolicyConfig | None = None

    @model_validator(mode="after")
    def _seeds_stay_apart(self) -> CollectionConfig:
        runs = self.episodes * (1 if self.on_policy is None else self.on_policy.candidates)
        if runs >= 1_000_000:
            raise ValueError(f"{runs} runs of episodes would draw the seeds of the next collection; use two of them")
        return self


class Counts(Strict):
    """What lies on disk.

    dropped: episodes that were drawn again because the object was lost, or the arm could not go on.
    contact: share of the actions with touch. error, drawn_error: see `ShardSummary`.
    """

    episodes: int = 0
    dropped: int = 0
    contact: float = 0.0
    error: float | None = None
    drawn_error: float | None = None


class Manifest(CollectionConfig):
    """The collection, what its environment is like, and what there is so far.

    gripper: whether actions end in a gripper command and the opening is proprioception. max_step: m, longest action.
    packages: every version that wrote to the folder, by package.
    """

    version: Literal[2] = 2
    gripper: bool = False
    max_step: float = 0.05
    packages: dict[str, tuple[str, ...]] = {}
    counts: Counts = Counts()

    @property
    def action_dim(self) -> int:
        """A"""
        return 4 if self.gripper else 3


def begin_manifest(folder: Path, fresh: Manifest, free: Iterable[str] = ()) -> Manifest:
    """The manifest of a collection that begins or goes on in `folder`. Raises `DatasetError` when another one lies there.

    free: settings that may be others than before; they become what they are now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "manifest.json").exists():
        write_manifest(folder, fresh)
        return fresh
    there = read_manifest(folder)
    progress = {"packages", "counts", *free}
    wanted, found = fresh.model_dump(exclude=progress), there.model_dump(exclude=progress)
    other = [f"{name} is {found[name]!r} there, {wanted[name]!r} here" for name in wanted if wanted[name] != found[name]]
    if other:
        raise DatasetError(f"{folder} is of another collection ({'; '.join(other)}); choose another folder or remove it")
    known = {name: there.packages.get(name, ()) for name in fresh.packages}
    packages = {name: tuple(dict.fromkeys(known[name] + new)) for name, new in fresh.packages.items()}
    return there.model_copy(update={"packages": packages} | {name: getattr(fresh, name) for name in free})


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Whole or not at all."""
    partial = folder / "manifest.partial"
    partial.write_text(manifest.model_dump_json(indent=1) + "\n")
    os.replace(partial, folder / "manifest.json")


def read_manifest(folder: Path) -> Manifest:
    """Raises `DatasetError`."""
    path = Path(folder) / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_text())
    except OSError as error:
        raise DatasetError(f"no dataset at {folder}: cannot read manifest.json ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if where == "version":
            raise DatasetError(f"{path} is of format {first['input']}, expected 2; collect again") from error
        raise DatasetError(f"{path} is damaged: {where}: {first['msg']}") from error


def installed_packages() -> dict[str, tuple[str, ...]]:
    """Versions of what the frames and numbers come from, by package."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = (version(name),)
        except PackageNotFoundError:
            continue  # an environment of another package may do without this one
    return found
