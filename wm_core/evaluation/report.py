"""What `wm eval` writes."""

from __future__ import annotations

from wm_core.config import Strict
from wm_core.evaluation.episode import EpisodeResult
from wm_core.evaluation.wilson import wilson95


class EvaluatedEpisode(EpisodeResult):
    """An episode of the planner, with what its plans took (ms)."""

    plan_ms_p50: float
    plan_ms_p95: float


class ControlResult(Strict):
    """A control on the same seeds."""

    success_rate: float


class Controls(Strict):
    """random: random displacements; hold: no motion."""

    random: ControlResult
    hold: ControlResult


class EvaluationReport(Strict):
    """The file of `wm eval --json`."""

    task: str
    model: str
    goal: str
    tolerance_m: float
    success_rate: float
    wilson95: tuple[float, float]
    median_distance_m: float
    plan_ms_p50: float
    plan_ms_p95: float
    controls: Controls
    episodes: tuple[EvaluatedEpisode, ...]


def success_rate(episodes: list[EpisodeResult]) -> float:
    """Share of episodes that succeeded."""
    return sum(episode.success for episode in episodes) / len(episodes)


def interval(episodes: list[EpisodeResult]) -> tuple[float, float]:
    """Wilson 95 % interval of `success_rate`."""
    return wilson95(sum(episode.success for episode in episodes), len(episodes))
