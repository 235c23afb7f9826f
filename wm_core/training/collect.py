"""Collects episodes in parallel processes, shard by shard; goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

from wm_core.agent import WorldModelAgent
from wm_core.environments import make_environment
from wm_core.training.behaviours.behaviour import Playground
from wm_core.training.behaviours.mixture import check_mix
from wm_core.training.hdf5_shard import ShardSummary, shard_path, summarise_shard
from wm_core.training.manifest import (
    CollectionConfig,
    Counts,
    Manifest,
    begin_manifest,
    installed_packages,
    write_manifest,
)
from wm_core.training.on_policy import load_driver, require_fit
from wm_core.training.take import take_episode, write_takes
from wm_core.workers import Workers

# Collection seeds start here, evaluation seeds below: no evaluated scene was ever trained on.
FIRST_SEED = 1_000_000
_NEXT_ROUND = 100_000_000_000  # between the seeds of on-policy rounds; above those of all redraws


def collect(config: CollectionConfig, folder: Path, workers: int = 2) -> Iterator[int]:
    """Yields the number of episodes that a finished shard added, shards already on disk first.

    The manifest is brought up to date with every shard. Raises `DatasetError` when the folder is of another collection,
    `ConfigError` for an unknown environment or behaviour, `CollectionError`, `WorkerDied`.
    """
    check_mix(config.mix)
    manifest = begin_manifest(folder, _fresh_manifest(config))
    numbers = range(-(-config.episodes // config.episodes_per_shard))
    done = {number: summarise_shard(path) for number in numbers if (path := shard_path(folder, number)).exists()}
    write_manifest(folder, _counted(manifest, done))
    yield from (summary.episodes for summary in done.values())
    missing = [number for number in numbers if number not in done]
    with Workers(partial(_collect_shard, config, folder), min(workers, len(missing))) as processes:
        for index, summary in processes.run(missing):
            done[missing[index]] = summary
            write_manifest(folder, _counted(manifest, done))
            yield summary.episodes


def open_playground(config: CollectionConfig) -> Playground:
    """The environment to collect in. Raises `ConfigError`."""
    made = make_environment(config.environment, task=config.task, look=config.look, views=config.views)
    return cast(Playground, made)


def _collect_shard(config: CollectionConfig, folder: Path, number: int) -> ShardSummary:
    agent: WorldModelAgent | None = None if config.on_policy is None else load_driver(config.on_policy)
    environment = open_playground(config)
    try:
        takes = [take_episode(environment, seed, config, agent) for seed in _seeds(config, number)]
    finally:
        environment.close()
    return write_takes(shard_path(folder, number), takes)


def _seeds(config: CollectionConfig, number: int) -> range:
    """The first seed of every episode in a shard; on policy each has as many as there are candidates."""
    first = number * config.episodes_per_shard
    last = min(first + config.episodes_per_shard, config.episodes)
    width, round_number = (1, 0) if config.on_policy is None else (config.on_policy.candidates, config.on_policy.round)
    base = FIRST_SEED * (1 + config.seed) + _NEXT_ROUND * round_number
    return range(base + width * first, base + width * last, width)


def _fresh_manifest(config: CollectionConfig) -> Manifest:
    environment = open_playground(config)
    try:
        gripper, max_step = environment.gripper, environment.max_step
    finally:
        environment.close()
    if config.on_policy is not None:
        require_fit(config, gripper)
    return Manifest(**config.model_dump(), gripper=gripper, max_step=max_step, packages=installed_packages())


def _counted(manifest: Manifest, done: dict[int, ShardSummary]) -> Manifest:
    # In the order of shards, whatever the order they were finished in: sums of floats depend on it.
    shards = [done[number] for number in sorted(done)]
    episodes = sum(shard.episodes for shard in shards)
    mean = lambda values: sum(value * shard.episodes for value, shard in zip(values, shards)) / max(episodes, 1)
    on_policy = manifest.on_policy is not None
    counts = Counts(
        episodes=episodes,
        dropped=sum(shard.dropped for shard in shards),
        contact=mean([shard.contact for shard in shards]),
        error=mean([shard.error for shard in shards]) if on_policy else None,
        drawn_error=mean([shard.drawn_error for shard in shards]) if on_policy else None,
    )
    return manifest.model_copy(update={"counts": counts})
