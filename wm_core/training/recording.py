"""A dataset of episodes that come one by one, as a real arm makes them."""

from __future__ import annotations

from pathlib import Path

from wm_core.config import parse_config
from wm_core.training.hdf5_shard import Episode, shard_number, shard_path, summarise_shard, write_shard
from wm_core.training.manifest import (
    CollectionConfig,
    Counts,
    Manifest,
    begin_manifest,
    installed_packages,
    write_manifest,
)

_RECORDED = "recorded"
# An episode takes seconds of an arm's life: few of them are lost with a machine that dies.
_EPISODES_PER_SHARD = 5


def recording_manifest(robot: str, episodes: int, steps: int, step: float, image_size: int, max_step: float) -> Manifest:
    """Of tool motion before one camera. step: s; max_step: m, the longest action. Raises `ConfigError`."""
    asked = {
        "environment": _RECORDED, "task": robot, "mix": {_RECORDED: 1.0}, "episodes_per_shard": _EPISODES_PER_SHARD,
        "episodes": episodes, "steps": steps, "step": step, "image_size": image_size,
    }  # fmt: skip
    config = parse_config(CollectionConfig, asked, "command line")
    return Manifest(**config.model_dump(), max_step=max_step, packages=installed_packages())


class Recording:
    """Goes to disk shard by shard; what does not fill one does when the recording is closed."""

    def __init__(self, folder: Path, fresh: Manifest) -> None:
        """Goes on where a recording of the same kind lies, for however many episodes. Raises `DatasetError`."""
        self._folder = folder
        self._manifest = begin_manifest(folder, fresh, free=("episodes",))
        # Whatever the manifest had come to: a kill may have come between a shard and it.
        paths = sorted(folder.glob("shard_*.h5"))
        there = [summarise_shard(path) for path in paths]
        # Behind the last one: a damaged shard that was removed leaves a gap, and none that is there may be written over.
        self._next = shard_number(paths[-1]) + 1 if paths else 0
        # The manifest knows of those that broke off after the last shard, too.
        self._dropped = max(self._manifest.counts.dropped, sum(shard.dropped for shard in there))
        self._written = sum(shard.episodes for shard in there)
        self._waiting: list[Episode] = []
        self._spoiled = 0
        self._tell()

    @property
    def episodes(self) -> int:
        """All there are, of earlier times too."""
        return self._written + len(self._waiting)

    def add(self, episode: Episode) -> None:
        """One more."""
        self._waiting.append(episode)
        if len(self._waiting) == self._manifest.episodes_per_shard:
            self._flush()

    def drop(self) -> None:
        """One that broke off."""
        self._spoiled += 1

    def close(self) -> None:
        """Writes what waits, and what a Ctrl-C may have kept it from telling."""
        if self._waiting:
            self._flush()
        self._dropped, self._spoiled = self._dropped + self._spoiled, 0
        self._tell()

    def _flush(self) -> None:
        numbers = list(range(self._written, self._written + len(self._waiting)))  # no scene was drawn: they are counted
        summary = write_shard(shard_path(self._folder, self._next), self._waiting, numbers, self._spoiled)
        # First: a Ctrl-C may come at any line, and what still waits is written again, to the same file.
        self._waiting, self._spoiled = [], 0
        self._next += 1
        self._written += summary.episodes
        self._dropped += summary.dropped
        self._tell()

    def _tell(self) -> None:
        counts = Counts(episodes=self._written, dropped=self._dropped)
        write_manifest(self._folder, self._manifest.model_copy(update={"counts": counts}))
