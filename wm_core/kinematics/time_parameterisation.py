"""From a scored joint path to motion that a controller can follow. Free of torch."""

from __future__ import annotations

import numpy as np

from wm_core.limits import ArmLimits
from wm_core.types import MotionState, Trajectory


def parameterise(
    start: MotionState, path: np.ndarray, step: float, limits: ArmLimits, horizon: float = 1.0
) -> Trajectory:
    """A trajectory that leaves from `start` (moving or not), follows `path` at its own pace and ends at rest.

    start: what the controller will be commanding at the moment of take-over, which is the trajectory's time 0.
    path: (H, J) rad, one row every `step` s; what lies beyond `horizon` s is left to the next plan.
    Points come every 50 ms with positions, velocities and accelerations; the last velocity is exactly 0. Between the
    points, as `wm_core.interpolation` fills them, the motion stays inside `limits`. Raises `ValueError`.
    """
    raise NotImplementedError


def stop(start: MotionState, limits: ArmLimits) -> Trajectory:
    """Decelerates every joint from `start` to rest as fast as the limits allow; same points as `parameterise`."""
    raise NotImplementedError
