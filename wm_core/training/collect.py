"""Collects episodes in parallel processes, shard by shard; goes on where it was stopped."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from wm_core.environments import make_environment
from wm_core.training.behaviours.behaviour import Playground
from wm_core.training.behaviours.mixture import Mixture, check_mix
from wm_core.training.hdf5_shard import Episode, ShardSummary, shard_path, summarise_shard, write_shard
from wm_core.training.manifest import (
    CollectionConfig,
    Counts,
    Manifest,
    begin_manifest,
    installed_packages,
    write_manifest,
)
from wm_core.training.record import BehaviourDriver, ObjectLost, record_episode

# Collection seeds start here, evaluation seeds below: no evaluated scene was ever trained on.
FIRST_SEED = 1_000_000
_NEXT_TRY = 1_000_000_000  # between the seeds of an episode and of its redraw; above all first tries
_TRIES = 20


class CollectionError(ValueError):
    """No episode can be had; the message says of which seed."""


def collect(config: CollectionConfig, folder: Path, workers: int = 2) -> Iterator[int]:
    """Yields the number of episodes that a finished shard added, shards already on disk first.

    The manifest is brought up to date with every shard. Raises `DatasetError` when the folder is of another collection,
    `ConfigError` for an unknown environment or behaviour, `CollectionError`.
    """
    check_mix(config.mix)
    manifest = begin_manifest(folder, _fresh_manifest(config))
    numbers = range(-(-config.episodes // config.episodes_per_shard))
    done = {number: summarise_shard(path) for number in numbers if (path := shard_path(folder, number)).exists()}
    write_manifest(folder, _counted(manifest, done))
    yield from (summary.episodes for summary in done.values())
    jobs = [(config, folder, number) for number in numbers if number not in done]
    with multiprocessing.get_context("spawn").Pool(min(workers, max(len(jobs), 1)), _ignore_interrupt) as pool:
        for number, summary in pool.imap_unordered(_collect_shard, jobs):
            done[number] = summary
            write_manifest(folder, _counted(manifest, done))
            yield summary.episodes


def collect_episode(environment: Playground, seed: int, config: CollectionConfig) -> tuple[Episode, int]:
    """One episode, drawn from `seed` alone, and the seed of its scene: another one where the object was lost.

    Raises `CollectionError`.
    """
    for attempt in range(_TRIES):
        drawn = seed + attempt * _NEXT_TRY
        first = environment.reset(drawn)
        behaviour = Mixture(config.mix, environment.play_box, environment.max_step, drawn)
        driver = BehaviourDriver(environment, behaviour)
        try:
            return record_episode(environment, first, driver, config.steps, config.step, config.image_size), drawn
        except ObjectLost as error:
            lost = error
    raise CollectionError(f"no episode from seed {seed} in {_TRIES} tries: {lost}; is the play box right?")


def open_playground(config: CollectionConfig) -> Playground:
    """The environment to collect in. Raises `ConfigError`."""
    made = make_environment(config.environment, task=config.task, look=config.look, views=config.views)
    return cast(Playground, made)


def _collect_shard(job: tuple[CollectionConfig, Path, int]) -> tuple[int, ShardSummary]:
    config, folder, number = job
    environment = open_playground(config)
    try:
        found = [collect_episode(environment, seed, config) for seed in _seeds(config, number)]
    finally:
        environment.close()
    seeds = [drawn for _, drawn in found]
    dropped = sum(drawn // _NEXT_TRY for drawn in seeds)
    return number, write_shard(shard_path(folder, number), [episode for episode, _ in found], seeds, dropped)


def _seeds(config: CollectionConfig, number: int) -> range:
    first = number * config.episodes_per_shard
    base = FIRST_SEED * (1 + config.seed)
    return range(base + first, base + min(first + config.episodes_per_shard, config.episodes))


def _fresh_manifest(config: CollectionConfig) -> Manifest:
    environment = open_playground(config)
    try:
        gripper, max_step = environment.gripper, environment.max_step
    finally:
        environment.close()
    return Manifest(**config.model_dump(), gripper=gripper, max_step=max_step, packages=installed_packages())


def _counted(manifest: Manifest, done: dict[int, ShardSummary]) -> Manifest:
    episodes = sum(summary.episodes for summary in done.values())
    touched = sum(summary.episodes * summary.contact for summary in done.values())
    counts = Counts(
        episodes=episodes,
        dropped=sum(summary.dropped for summary in done.values()),
        contact=touched / max(episodes, 1),
    )
    return manifest.model_copy(update={"counts": counts})


def _ignore_interrupt() -> None:
    # Ctrl-C reaches the whole process group; the parent decides, and finished shards stay.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
