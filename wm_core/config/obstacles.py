"""What stands around the arm, as a file declares it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from wm_core.config.boxes import BoxConfig
from wm_core.config.strict import Strict, load_config

FARTHEST = 20.0  # m


class ObstacleConfig(BoxConfig):
    """One box that nothing of the arm may touch. name: for messages."""

    name: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_metres(self) -> ObstacleConfig:
        # A box in mm would be valid, far away, and protect nothing.
        if any(abs(value) > FARTHEST for value in self.lower + self.upper):
            raise ValueError(f"'{self.name}' is more than {FARTHEST:g} m from the base: expected metres")
        return self


class ObstaclesConfig(Strict):
    """The file. Names differ, so that a message tells which box it is about."""

    obstacles: tuple[ObstacleConfig, ...]

    @model_validator(mode="after")
    def _told_apart(self) -> ObstaclesConfig:
        names = [box.name for box in self.obstacles]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"obstacles share the names {twice}: expected each once")
        return self


def load_obstacles(path: str) -> tuple[ObstacleConfig, ...]:
    """path: of a YAML file, '' for no obstacles. Raises `ConfigError`."""
    return load_config(ObstaclesConfig, Path(path).expanduser()).obstacles if path else ()
