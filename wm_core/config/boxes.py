"""Shapes in space."""

from __future__ import annotations

from pydantic import model_validator

from wm_core.config.strict import Strict


class BoxConfig(Strict):
    """Axis-aligned box in the base frame, m."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]

    @model_validator(mode="after")
    def _ordered(self) -> BoxConfig:
        if any(low >= high for low, high in zip(self.lower, self.upper)):
            raise ValueError(f"lower {self.lower} must be below upper {self.upper} on every axis")
        return self
