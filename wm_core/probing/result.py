"""What a detector found, and what would be good."""

from __future__ import annotations

import math

from wm_core.config import Strict


class Detector(Strict):
    """One figure. passed: None where it is reported only; value: None where it came out as no number, which fails.

    expected: in words; unit: of value, '' for a plain number; detail: how it was measured, where that differs.
    """

    group: str
    name: str
    value: float | None
    unit: str = ""
    expected: str = ""
    passed: bool | None = None
    detail: str = ""


class ProbeReport(Strict):
    """The file of `wm probe --json`. skipped: what was not measured, and why."""

    model: str
    dataset: str
    seed: int
    fitted_on: int
    held_out: int
    environment: str | None = None
    task: str | None = None
    detectors: tuple[Detector, ...] = ()
    skipped: tuple[str, ...] = ()


def at_least(group: str, name: str, value: float, limit: float, unit: str = "", detail: str = "") -> Detector:
    """Passes from `limit` on."""
    return _judged(group, name, value, value >= limit, f">= {limit:g}", unit, detail)


def at_most(group: str, name: str, value: float, limit: float, unit: str = "", detail: str = "") -> Detector:
    """Passes up to `limit`."""
    return _judged(group, name, value, value <= limit, f"<= {limit:g}", unit, detail)


def reported(group: str, name: str, value: float, unit: str = "", detail: str = "") -> Detector:
    """No limit: for comparison. What is no number fails all the same."""
    passed = None if math.isfinite(value) else False
    return Detector(group=group, name=name, value=_finite(value), unit=unit, passed=passed, detail=detail)


def _judged(group: str, name: str, value: float, good: bool, expected: str, unit: str, detail: str) -> Detector:
    passed = bool(good and math.isfinite(value))
    return Detector(
        group=group, name=name, value=_finite(value), unit=unit, expected=expected, passed=passed, detail=detail
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
