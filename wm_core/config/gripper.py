"""Fingers that open and close."""

from __future__ import annotations

from pydantic import Field, model_validator

from wm_core.config.strict import Strict


class GripperConfig(Strict):
    """Finger joints that one joint-trajectory controller moves; one value a joint, m, or rad for joints that turn.

    closed, open: where they are then; what lies between is in proportion. opening: m between the fingers when open,
    0 when closed. speed: m/s or rad/s, the fastest that each may be told to move.
    """

    joint_names: tuple[str, ...] = Field(min_length=1)
    closed: tuple[float, ...]
    open: tuple[float, ...]
    opening: float = Field(gt=0.0)
    speed: tuple[float, ...]

    @model_validator(mode="after")
    def _usable(self) -> GripperConfig:
        joints = len(self.joint_names)
        if len(set(self.joint_names)) != joints:
            raise ValueError(f"joint_names has duplicates: {self.joint_names}")
        for name, values in (("closed", self.closed), ("open", self.open), ("speed", self.speed)):
            if len(values) != joints:
                raise ValueError(f"{name} has {len(values)} values, expected {joints}, one a joint")
        if any(shut == wide for shut, wide in zip(self.closed, self.open)):
            raise ValueError(f"closed {self.closed} and open {self.open} must differ for every joint")
        if min(self.speed) <= 0.0:
            raise ValueError("speed must be positive")
        return self
