"""What a training run began with beside its configuration: `origin.json` in its folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError
from torch import nn

from wm_core.config import Strict
from wm_core.training.dataset import Dataset, Source
from wm_core.training.descent import TrainingError

ORIGIN = "origin.json"


class Origin(Strict):
    """datasets: in the order in which they were given. start: SHA-256 of the first weights, None for random ones."""

    datasets: tuple[Source, ...]
    start: str | None = None


def origin_of(dataset: Dataset, start: nn.Module | None = None) -> Origin:
    """Of a run on `dataset` that begins with the weights of `start`."""
    return Origin(datasets=dataset.sources, start=None if start is None else _digest(start))


def write_origin(folder: Path, origin: Origin) -> None:
    """For `require_same_origin` of the next call."""
    (folder / ORIGIN).write_text(origin.model_dump_json(indent=1) + "\n")


def require_same_origin(folder: Path, here: Origin) -> None:
    """Raises `TrainingError` when the run in `folder` began with other data or weights. One without a record may go on."""
    path = folder / ORIGIN
    if not path.exists():
        return
    try:
        there = Origin.model_validate_json(path.read_text())
    except ValidationError as error:
        raise TrainingError(f"{path} is damaged: {error.errors()[0]['msg']}; choose another folder") from error
    off = _other_datasets(there.datasets, here.datasets)
    if there.start != here.start:
        off.append(f"it began with {_weights(there)}, now with {_weights(here)}")
    if off:
        raise TrainingError(f"{folder} holds another run: {'; '.join(off)}; choose another folder, or give what it began with")


def _other_datasets(there: tuple[Source, ...], here: tuple[Source, ...]) -> list[str]:
    if len(there) != len(here):
        before, now = (", ".join(source.folder for source in sources) for sources in (there, here))
        return [f"it began on {before}, now on {now}"]
    # A folder may have moved: what lies in it counts.
    return [
        f"dataset {new.folder} ({new.episodes} episodes) is not what {old.folder} was when it began ({old.episodes} episodes)"
        for old, new in zip(there, here)
        if old.digest != new.digest
    ]


def _weights(origin: Origin) -> str:
    return "random weights" if origin.start is None else f"trained weights {origin.start[:12]}"


def _digest(model: nn.Module) -> str:
    found = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(tensor.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
