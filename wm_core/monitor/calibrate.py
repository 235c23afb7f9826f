"""Fits a gate to clean episodes: few of them may stop it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import torch

from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.config import SUDDEN, GateConfig, Thresholds
from wm_core.monitor.gaussian import fit_gaussians
from wm_core.monitor.sight import see_episode
from wm_core.monitor.signals import Statistics, reading_error, signals_of_moments, signals_of_steps
from wm_core.monitor.smoothing import Smoother
from wm_core.monitor.usual_error import UsualError
from wm_core.monitor.usual_picture import UsualPicture
from wm_core.protocols import Kinematics

if TYPE_CHECKING:
    from wm_core.training.dataset import Dataset
    from wm_core.training.hdf5_shard import Episode

_WINDOWS = {name: GateConfig.model_fields[name].default for name in ("window", "offset_window")}
# Shares of the episodes: where clean data lies, how the signals compare, how many stop, and whether that is so.
_SHARES = (0.35, 0.15, 0.35, 0.15)
# Whatever was fitted: in front of a scene that hardly ever changes, the first shadow would be an intruder.
_LEAST = {"intrusion": 1.0, "watch": 1.0}


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A gate's two files, not yet written."""

    config: GateConfig
    statistics: Statistics


def calibrate(
    model: JepaWorldModel,
    episodes: Dataset,
    kinematics: Kinematics,
    false_stops: float = 0.01,
    seed: int = 0,
    own: Calibrated | None = None,
    views: int | None = None,
) -> Iterator[Calibrated | None]:
    """Yields None after every episode, the gate at the end.

    episodes: clean ones that the model was not trained on; on its training data it is too sure of itself. Thresholds:
    each signal at the quantile that its share of `false_stops` allows (a union bound, with log-normal episode maxima),
    then all of them by one factor such that a fresh clean episode stops with at most that probability (split conformal
    prediction, Vovk et al. 2005). own: the gate of the model's cameras, where these episodes have more of them: what it
    knows of its own it keeps, and its thresholds stand to each other as they did. views: cameras, the first ones, that the
    gate looks through; all by default. Raises `ValueError` for too few episodes.
    """
    groups = _groups(len(episodes), false_stops, seed)

    def look(number: int) -> Episode:
        episode = episodes.episode(number)
        return episode if views is None else replace(episode, images=episode.images[:, : 3 * views])

    seen = _Seen(model, kinematics)
    for number in groups[0]:
        seen.add(look(number))
        yield None
    statistics = seen.statistics(seed) if own is None else seen.beside(own.statistics, seed)
    maxima: list[list[dict[str, float]]] = []
    for group in groups[1:]:
        maxima.append([])
        for number in group:
            maxima[-1].append(episode_maxima(model, statistics, kinematics, look(number)))
            yield None
    scales = _scales(maxima[0], false_stops)
    if own is not None:
        scales = {"watch": scales["watch"], **own.config.thresholds.watched()}
    factor = _conformal([_score(found, scales) for found in maxima[1]], false_stops)
    checks = [_score(found, scales) > factor for found in maxima[2]]
    config = GateConfig(
        **_WINDOWS,
        thresholds=Thresholds(**{name: max(factor * scale, _LEAST.get(name, 0.0)) for name, scale in scales.items()}),
        false_stops=false_stops,
        views=len(statistics.scenes),
        episodes=len(groups[2]),
        steps=episodes.steps,
        checked=len(checks),
        stopped=sum(checks),
    )
    yield Calibrated(config, statistics)


def episode_maxima(
    model: JepaWorldModel, statistics: Statistics, kinematics: Kinematics, episode: Episode
) -> dict[str, float]:
    """The largest that each smoothed signal becomes in one episode."""
    sight = see_episode(model, episode)
    off, values = signals_of_moments(model, statistics, sight, _tools(kinematics, episode))
    actions = torch.from_numpy(episode.actions).to(model.device)
    steps = signals_of_steps(model, sight.histories[:-1], actions, sight.histories[1:])
    table = {name: value.tolist() for name, value in values.items()}
    later = {name: value.tolist() for name, value in steps.items()}
    smoother, largest = Smoother(**_WINDOWS, sudden=SUDDEN), {}
    for moment, way in enumerate(off.cpu().numpy()):
        raw = {name: value[moment] for name, value in table.items()}
        raw |= {name: value[moment - 1] for name, value in later.items()} if moment else {}
        for name, value in smoother.add(way, raw).items():
            largest[name] = max(largest.get(name, 0.0), value)
    return largest


class _Seen:
    """What clean episodes showed."""

    def __init__(self, model: JepaWorldModel, kinematics: Kinematics) -> None:
        self._model, self._kinematics = model, kinematics
        self._visual: list[torch.Tensor] = []
        self._early: list[torch.Tensor] = []
        self._tools: list[torch.Tensor] = []
        self._cells: list[torch.Tensor] = []

    def add(self, episode: Episode) -> None:
        """One more."""
        sight = see_episode(self._model, episode)
        self._visual.append(sight.histories[:, -1, : self._model.config.visual_dim].clone())  # the rest of it is not kept
        self._early.append(sight.early)
        self._tools.append(_tools(self._kinematics, episode))
        self._cells.append(sight.cells)

    def statistics(self, seed: int) -> Statistics:
        """Of all that there is."""
        visual, tool = torch.cat(self._visual), torch.cat(self._tools)
        usual = UsualError(tool.to(visual), reading_error(self._model, visual, tool).square().sum(-1))
        return Statistics(fit_gaussians(visual[:, None]), fit_gaussians(torch.cat(self._early)), usual, self._scenes(0, seed))

    def beside(self, known: Statistics, seed: int) -> Statistics:
        """`known`, and what further cameras showed."""
        return replace(known, scenes=known.scenes + self._scenes(len(known.scenes), seed))

    def _scenes(self, first: int, seed: int) -> tuple[UsualPicture, ...]:
        # Kinematics are computed on the CPU, pictures on the model's device.
        tools = [tool.to(cells.device, torch.float32) for tool, cells in zip(self._tools, self._cells)]
        cameras = range(first, self._cells[0].shape[1])
        return tuple(UsualPicture.fitted(tools, [cells[:, camera] for cells in self._cells], seed) for camera in cameras)


def _tools(kinematics: Kinematics, episode: Episode) -> torch.Tensor:
    """(T + 1, 3) m"""
    return torch.from_numpy(np.stack([kinematics.forward(joints).position for joints in episode.joints]))


def _groups(count: int, false_stops: float, seed: int) -> list[list[int]]:
    # With fewer the factor would be infinite: no sample says where the last 1 % begin.
    least = math.ceil(1.0 / false_stops) - 1
    ends = [round(share * count) for share in np.cumsum(_SHARES)[:-1]]
    groups = np.split(np.random.default_rng([seed, 8]).permutation(count), ends)
    if len(groups[2]) < least:
        raise ValueError(
            f"{count} clean episodes are too few for {100 * false_stops:g} % false stops: "
            f"expected at least {math.ceil((least + 1) / _SHARES[2])}, or allow more false stops"
        )
    return [[int(number) for number in group] for group in groups]


def _scales(maxima: list[dict[str, float]], false_stops: float) -> dict[str, float]:
    # A signal that stays at nothing (the slow one, in short episodes) cannot be judged.
    names = [name for name in maxima[0] if min(found[name] for found in maxima) > 0.0]
    tail = NormalDist().inv_cdf(1.0 - false_stops / len(names))
    logs = {name: np.log([found[name] for found in maxima]) for name in names}
    return {name: float(np.exp(values.mean() + tail * values.std())) for name, values in logs.items()}


def _score(maxima: dict[str, float], scales: dict[str, float]) -> float:
    """The least factor of all scales at which the episode does not stop. What stays below `_LEAST` stops it at none."""
    return max((maxima[name] / scale for name, scale in scales.items() if maxima[name] > _LEAST.get(name, 0.0)), default=0.0)


def _conformal(scores: list[float], false_stops: float) -> float:
    """The score that a fresh episode exceeds with probability `false_stops` at most."""
    return sorted(scores)[math.ceil((len(scores) + 1) * (1.0 - false_stops)) - 1]
