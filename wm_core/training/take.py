"""One episode for the dataset: drawn again when it is spoiled, and on policy the one of several that surprised most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wm_core.agent import WorldModelAgent
from wm_core.backends.backed_model import model_itself
from wm_core.training.behaviours.behaviour import Playground
from wm_core.training.behaviours.mixture import Mixture
from wm_core.training.hdf5_shard import Episode, ShardSummary, write_shard
from wm_core.training.manifest import CollectionConfig
from wm_core.training.policy_driver import PolicyDriver
from wm_core.training.record import BehaviourDriver, Driver, EpisodeSpoiled, record_episode
from wm_core.training.surprise import one_step_error

_NEXT_TRY = 1_000_000_000  # between the seeds of an episode and of its redraw; above the seeds of all first tries
_TRIES = 20


class CollectionError(ValueError):
    """No episode can be had; the message says why."""


@dataclass(frozen=True, eq=False)
class Take:
    """seed: of its scene; dropped: episodes that were spoiled on the way.

    error, drawn_error: m, `one_step_error` of this episode, and the mean over all that it was chosen from; None for
    episodes that no model drove.
    """

    episode: Episode
    seed: int
    dropped: int = 0
    error: float | None = None
    drawn_error: float | None = None


def take_episode(environment: Playground, seed: int, config: CollectionConfig, agent: WorldModelAgent | None = None) -> Take:
    """Drawn from `seed`, and with an agent from the `candidates - 1` seeds after it. Raises `CollectionError`."""
    if config.on_policy is None or agent is None:
        return _whole(environment, seed, config, None)
    choosy = np.random.default_rng([seed, 23]).random() < config.on_policy.hardest
    runs = [_whole(environment, seed + number, config, agent) for number in range(config.on_policy.candidates if choosy else 1)]
    model = model_itself(agent.planner.world_model)
    errors = [one_step_error(model, run.episode) for run in runs]
    chosen = int(np.argmax(errors))
    dropped = sum(run.dropped for run in runs)
    return Take(runs[chosen].episode, runs[chosen].seed, dropped, errors[chosen], float(np.mean(errors)))


def write_takes(path: Path, takes: Sequence[Take]) -> ShardSummary:
    """As one shard."""
    mean = lambda values: None if None in values else float(np.mean(values))
    return write_shard(
        path,
        [take.episode for take in takes],
        [take.seed for take in takes],
        dropped=sum(take.dropped for take in takes),
        error=mean([take.error for take in takes]),
        drawn_error=mean([take.drawn_error for take in takes]),
    )


def _whole(environment: Playground, seed: int, config: CollectionConfig, agent: WorldModelAgent | None) -> Take:
    for attempt in range(_TRIES):
        drawn = seed + attempt * _NEXT_TRY
        first = environment.reset(drawn)
        try:
            return Take(record_episode(environment, first, _driver(environment, drawn, config, agent), config), drawn, attempt)
        except EpisodeSpoiled as error:
            spoiled = error
    raise CollectionError(f"no episode from seed {seed} in {_TRIES} tries: {spoiled}; is the play box right?")


def _driver(environment: Playground, seed: int, config: CollectionConfig, agent: WorldModelAgent | None) -> Driver:
    if agent is not None:
        return PolicyDriver(environment, agent, seed)
    return BehaviourDriver(environment, Mixture(config.mix, environment.play_box, environment.max_step, seed))
