"""What the benchmarks share that drive a launched arm."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from wm_core.types import Goal
from wm_ros.client import PlannerClient
from wm_ros.observer import MotionObserver


def rest_at(client: PlannerClient, observer: MotionObserver, joints: np.ndarray, limit: float) -> None:
    """Brings the arm to rest at `joints` (J,), rad. limit: s. Raises `TimeoutError`."""
    client.send(Goal(joints=joints), limit)
    observer.wait_for(lambda: observer.speed() < 0.01, 10.0, "rest at the start")


def percentiles(values: Sequence[float], which: Sequence[float] = (50, 95)) -> tuple[float, ...]:
    """To a tenth; NaN of nothing."""
    return tuple(round(float(value), 1) for value in np.percentile(values, which)) if len(values) else (np.nan,) * len(which)


def extremes(observer: MotionObserver) -> dict[str, float]:
    """How near the motion that was followed came to the limits, and its largest discontinuity; nothing may follow."""
    observer.audit.finish()
    seen = observer.audit.extremes
    return {
        "velocity_of_limit": round(seen.velocity, 3),
        "acceleration_of_limit": round(seen.acceleration, 3),
        "jerk_of_limit": round(seen.jerk, 3),
        "jump_rad": float(f"{seen.jump:.1e}"),
    }
