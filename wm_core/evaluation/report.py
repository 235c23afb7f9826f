"""What `wm eval` writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from wm_core.config import Strict
from wm_core.evaluation.account import Foresight, foresight
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.episode import EpisodeResult
from wm_core.evaluation.paired import PairedDifference
from wm_core.evaluation.wilson import wilson95


GateMode = Literal["stop", "watch"]


class GateCounts(Strict):
    """Episodes under a gate. stops: it stopped; failures: no success; safe_stops: both, and no harm done before.

    mode: 'stop', where a stop ends the episode and what would have become of it is not known (a needless stop then
    counts as a safe one), or 'watch', where failures are those of the policy left alone. A gate that always stops has
    only safe stops: read them beside the stops of clean runs. cameras: that it looked through.
    """

    mode: GateMode
    cameras: int = 1
    stops: int
    failures: int
    safe_stops: int


class PolicyReport(Strict):
    """One policy on the seeds of the run. close_late_rate: see `EpisodeResult`. Plans: ms, None without plans.

    gate: None for a run without one.
    """

    policy: str
    success_rate: float
    wilson95: tuple[float, float]
    close_late_rate: float
    median_distance_m: float
    plan_ms_p50: float | None
    plan_ms_p95: float | None
    foresight: Foresight | None
    gate: GateCounts | None = None
    episodes: tuple[EpisodeResult, ...]


class EvaluationReport(Strict):
    """The file of `wm eval --json`. settings: over the planner's. controls: random and hold on the same seeds.

    paired: the first policy and each other one.
    """

    version: int = 2
    model: str
    settings: tuple[str, ...] = ()
    conditions: Conditions
    policies: tuple[PolicyReport, ...]
    controls: tuple[PolicyReport, ...]
    paired: tuple[PairedDifference, ...] = ()


def summarise(
    policy: str, episodes: Sequence[EpisodeResult], gate: GateMode | None = None, cameras: int = 1
) -> PolicyReport:
    """gate: how one took part, and through how many cameras it looked. Raises `ValueError` without episodes."""
    if not episodes:
        raise ValueError("no episode was finished, there is nothing to report")
    reached = sum(episode.success for episode in episodes)
    planned = [episode for episode in episodes if episode.account is not None]
    times = [time for episode in planned for time in episode.account.plan_ms]
    p50, p95 = np.percentile(times, [50, 95]) if times else (None, None)
    return PolicyReport(
        policy=policy,
        success_rate=reached / len(episodes),
        wilson95=wilson95(reached, len(episodes)),
        close_late_rate=sum(episode.close_late for episode in episodes) / len(episodes),
        median_distance_m=float(np.median([episode.distance_m for episode in episodes])),
        plan_ms_p50=p50,
        plan_ms_p95=p95,
        foresight=foresight([episode.account for episode in planned], [episode.distance_m for episode in planned]),
        gate=_gate_counts(episodes, gate, cameras) if gate is not None else None,
        episodes=tuple(episodes),
    )


def _gate_counts(episodes: Sequence[EpisodeResult], mode: GateMode, cameras: int) -> GateCounts:
    stops = [episode for episode in episodes if episode.stopped is not None]
    return GateCounts(
        mode=mode,
        cameras=cameras,
        stops=len(stops),
        failures=sum(not episode.success for episode in episodes),
        safe_stops=sum(not episode.success and not episode.harmed for episode in stops),
    )


def read_report(path: Path) -> EvaluationReport:
    """Raises `ValueError` naming the file."""
    try:
        return EvaluationReport.model_validate_json(Path(path).read_text())
    except OSError as error:
        raise ValueError(f"cannot read the report {path}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is no report of `wm eval`: {str(error).splitlines()[0]}") from error
