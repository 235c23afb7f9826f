"""Is a proposal well formed: names, shapes, numbers, times. Nothing here knows the arm's limits."""

from __future__ import annotations

import numpy as np

from wm_core.safety.verdict import Rejected
from wm_core.types import JointState, Trajectory

REST = 1e-6  # rad/s, rad/s^2: what still counts as zero at the end


def ordered(proposal: Trajectory, names: tuple[str, ...]) -> Trajectory:
    """The proposal with its joints in the arm's order and every array checked. Raises `Rejected`."""
    columns = _columns(tuple(proposal.names), names)
    times = _numbers("times", proposal.times, None)
    if times.ndim != 1 or len(times) == 0:
        raise Rejected(f"times have shape {times.shape}: expected at least one point")
    shape = (len(times), len(names))
    fields = {}
    for name in ("positions", "velocities", "accelerations"):
        values = getattr(proposal, name)
        if values is None:
            raise Rejected(f"{name} are missing: without them the motion between points has no bounded jerk")
        fields[name] = _numbers(name, values, shape)[:, columns]
    _check_times(times)
    _check_rest(names, fields["velocities"][-1], "velocity", "rad/s")
    _check_rest(names, fields["accelerations"][-1], "acceleration", "rad/s^2")
    return Trajectory(names, times, **fields)


def check_measured(measured: JointState, names: tuple[str, ...], now: float, max_age: float) -> None:
    """Raises `Rejected` if the measured state is stale or no state."""
    age = now - measured.stamp
    if not abs(age) <= max_age:  # NaN fails this too
        raise Rejected(f"the measured joint state is {age:.3f} s old: expected at most {max_age} s")
    position = np.asarray(measured.position, dtype=float)
    if position.shape != (len(names),) or not np.isfinite(position).all():
        raise Rejected(f"the measured joint state {position.tolist()} is not {len(names)} finite positions")


def _columns(given: tuple[str, ...], names: tuple[str, ...]) -> list[int]:
    duplicates = sorted({name for name in given if given.count(name) > 1})
    missing = [name for name in names if name not in given]
    unknown = [name for name in given if name not in names]
    for what, wrong in (("duplicate", duplicates), ("missing", missing), ("unknown", unknown)):
        if wrong:
            raise Rejected(f"{what} joints {wrong}: expected {list(names)}, each once")
    return [given.index(name) for name in names]


def _numbers(name: str, values: np.ndarray, shape: tuple[int, int] | None) -> np.ndarray:
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise Rejected(f"{name} are no numbers: {error}") from None
    if shape is not None and values.shape != shape:
        raise Rejected(f"{name} have shape {values.shape}: expected {shape}, points x joints")
    if not np.isfinite(values).all():
        raise Rejected(f"{name} are not finite")
    return values


def _check_times(times: np.ndarray) -> None:
    if times[0] < 0.0:
        raise Rejected(f"the first time is {times[0]:.4f} s: expected none before the start")
    for row in np.flatnonzero(np.diff(times) <= 0.0):
        raise Rejected(f"times do not increase: point {row + 1} at {times[row + 1]:.4f} s follows {times[row]:.4f} s")


def _check_rest(names: tuple[str, ...], values: np.ndarray, what: str, unit: str) -> None:
    for name, value in zip(names, values):
        if abs(value) > REST:
            raise Rejected(f"the last point does not rest: joint '{name}' has {what} {value:.4f} {unit}, expected 0")
