"""Splines between two setpoints, of the degree that the known derivatives allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Setpoint:
    """What the joints should do at one instant: (J,) rad, (J,) rad/s, (J,) rad/s^2."""

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray


def interpolate(first: Setpoint, last: Setpoint, duration: float, elapsed: float, degree: int) -> Setpoint:
    """The setpoint `elapsed` s after `first`, where `last` follows `duration` s after it.

    degree: 1 meets the positions, 3 the velocities too, 5 the accelerations too.
    """
    coefficients = _COEFFICIENTS[degree](first, last, duration)
    slopes = _derivative(coefficients)
    powers = elapsed ** np.arange(len(coefficients))
    return Setpoint(*(powers[: len(terms)] @ terms for terms in (coefficients, slopes, _derivative(slopes))))


def _linear(first: Setpoint, last: Setpoint, duration: float) -> np.ndarray:
    return np.stack([first.position, (last.position - first.position) / duration])


def _cubic(first: Setpoint, last: Setpoint, duration: float) -> np.ndarray:
    # What constant velocity leaves open at the end, in position and in (scaled) velocity: two equations, two unknowns.
    gap = last.position - first.position - first.velocity * duration
    turn = (last.velocity - first.velocity) * duration
    return np.stack(
        [first.position, first.velocity, (3.0 * gap - turn) / duration**2, (turn - 2.0 * gap) / duration**3]
    )


def _quintic(first: Setpoint, last: Setpoint, duration: float) -> np.ndarray:
    # The same, of what constant acceleration leaves open: three equations, three unknowns.
    half = 0.5 * first.acceleration
    gap = last.position - first.position - first.velocity * duration - half * duration**2
    turn = (last.velocity - first.velocity - first.acceleration * duration) * duration
    bend = (last.acceleration - first.acceleration) * duration**2
    third = (10.0 * gap - 4.0 * turn + 0.5 * bend) / duration**3
    fourth = (-15.0 * gap + 7.0 * turn - bend) / duration**4
    fifth = (6.0 * gap - 3.0 * turn + 0.5 * bend) / duration**5
    return np.stack([first.position, first.velocity, half, third, fourth, fifth])


_COEFFICIENTS = {1: _linear, 3: _cubic, 5: _quintic}


def _derivative(coefficients: np.ndarray) -> np.ndarray:
    return coefficients[1:] * np.arange(1, len(coefficients))[:, None]
