"""How the guard judges."""

from __future__ import annotations

from pydantic import Field

from wm_core.config.strict import Strict


class SafetyConfig(Strict):
    """How the guard judges proposals; the limits themselves are the robot's. Times in s.

    lead: points nearer than this are dropped from what is sent, so that a controller which starts late still has
    room to join. latency: from the guard's `now` until the controller starts to follow.
    jitter: how much later than that it may be, this time and the time before; what is sent keeps the limits for all of it.
    start_tolerance: rad beyond vmax * t that the first point may lie from the measured joints.
    clip: rad that a position may exceed its limit and be clipped instead of rejected.
    clearance: m that the body keeps from declared obstacles: what its spheres leave uncovered. The planner keeps more.
    stretch: the longest slow-down that may repair a velocity or acceleration excess, as a factor.
    """

    horizon: float = Field(1.5, gt=0.0, le=10.0)
    max_age: float = Field(0.2, gt=0.0, le=5.0)
    max_state_age: float = Field(0.2, gt=0.0, le=5.0)
    lead: float = Field(0.1, ge=0.0, le=0.5)
    latency: float = Field(0.0, ge=0.0, le=0.5)
    jitter: float = Field(0.004, ge=0.0, le=0.05)
    start_tolerance: float = Field(0.05, gt=0.0, le=0.5)
    clip: float = Field(1e-3, ge=0.0, le=0.01)
    clearance: float = Field(0.005, ge=0.0, le=0.1)
    stretch: float = Field(1.3, ge=1.0, le=3.0)
