"""Collects episodes of exploration, in parallel processes, shard by shard; goes on where it was stopped."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wm_core.config import Strict
from wm_core.environments import make_environment
from wm_core.kinematics.differential import step_towards
from wm_core.preprocess import preprocess_image
from wm_core.protocols import Environment
from wm_core.training.dataset import Episodes, Manifest, shard_path, write_manifest, write_shard
from wm_core.training.exploration import Exploration, ExplorationConfig
from wm_core.types import Observation, Pose

# Collection seeds start here, evaluation seeds below: no evaluated scene was ever trained on.
FIRST_SEED = 1_000_000


class CollectionConfig(Strict):
    """One collection run."""

    environment: str = "panda_tabletop"
    episodes: int = 1000
    steps: int = 40
    seed: int = 0
    image_size: int = 64
    step: float = 0.2
    episodes_per_shard: int = 25

    def manifest(self) -> Manifest:
        """What the folder will say of itself."""
        return Manifest(**self.model_dump())


def collect(config: CollectionConfig, folder: Path, workers: int = 2) -> Iterator[int]:
    """Yields the number of episodes that a finished shard added, shards already on disk first."""
    write_manifest(folder, config.manifest())
    numbers = range(-(-config.episodes // config.episodes_per_shard))
    there = [number for number in numbers if shard_path(folder, number).exists()]
    yield from (len(_seeds(config, number)) for number in there)
    jobs = [(config, folder, number) for number in numbers if number not in there]
    with multiprocessing.get_context("spawn").Pool(min(workers, max(len(jobs), 1)), _ignore_interrupt) as pool:
        yield from pool.imap_unordered(_collect_shard, jobs)


def collect_episode(environment: Environment, seed: int, config: CollectionConfig) -> Episodes:
    """One episode (N = 1), drawn from `seed` alone."""
    explore = Exploration(ExplorationConfig(), seed)
    kinematics, robot = environment.kinematics, environment.robot
    seen, truth, actions = [environment.reset(seed)], [environment.tool_position()], []
    for _ in range(config.steps):
        here = kinematics.forward(seen[-1].joints.position).position
        aim = Pose(here + explore.action(here), np.array(robot.tool_orientation))
        target = step_towards(kinematics, seen[-1].joints.position, aim, np.array(robot.home))
        actions.append(kinematics.forward(target).position - here)
        seen.append(environment.step(target, config.step))
        truth.append(environment.tool_position())
    return _pack(seen, truth, actions, config.image_size)


def _pack(seen: list[Observation], truth: list[np.ndarray], actions: list[np.ndarray], size: int) -> Episodes:
    return Episodes(
        np.stack([preprocess_image(observation.image, size) for observation in seen])[None],
        np.stack([observation.joints.position for observation in seen])[None].astype(np.float32),
        np.stack(truth)[None].astype(np.float32),
        np.stack(actions)[None].astype(np.float32),
    )


def _collect_shard(job: tuple[CollectionConfig, Path, int]) -> int:
    config, folder, number = job
    environment = make_environment(config.environment)
    try:
        parts = [collect_episode(environment, seed, config) for seed in _seeds(config, number)]
    finally:
        environment.close()
    joined = [np.concatenate([getattr(part, name) for part in parts]) for name in Episodes.__dataclass_fields__]
    write_shard(shard_path(folder, number), Episodes(*joined))
    return len(parts)


def _seeds(config: CollectionConfig, number: int) -> range:
    first = number * config.episodes_per_shard
    base = FIRST_SEED * (1 + config.seed)
    return range(base + first, base + min(first + config.episodes_per_shard, config.episodes))


def _ignore_interrupt() -> None:
    # Ctrl-C reaches the whole process group; the parent decides, and finished shards stay.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
