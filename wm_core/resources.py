"""Finds what ships beside the code: robot files and trained models, from a checkout or an installed ROS package."""

from __future__ import annotations

import os
from pathlib import Path

from wm_core.config import ConfigError, RobotConfig, load_config


def find_robot(name: str | Path) -> RobotConfig:
    """A robot by name ('panda') or by the path of its YAML file. Raises `ConfigError`."""
    return load_config(RobotConfig, _find(str(name), "config", "launch/config", ".yaml", "robot"))


def find_model(name: str | Path) -> Path:
    """The folder of a model, by name ('panda_tabletop') or path. Raises `ConfigError`."""
    return _find(str(name), "models", "models", "", "model")


def _find(name: str, installed: str, source: str, suffix: str, what: str) -> Path:
    given = Path(name).expanduser()
    if given.exists() and (suffix or given.is_dir()) and not (suffix and given.is_dir()):
        return given
    folders = [Path(__file__).resolve().parent.parent / source]
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    folders += [Path(prefix) / "share" / "wm_ros" / installed for prefix in prefixes if prefix]
    if given.name == name:
        for folder in folders:
            if (folder / (name + suffix)).exists():
                return folder / (name + suffix)
    known = sorted({entry.stem for folder in folders if folder.is_dir() for entry in folder.iterdir() if _is(entry, suffix)})
    raise ConfigError(f"{what} '{name}' not found: expected a path or one of: {', '.join(known) or 'none is installed'}")


def _is(entry: Path, suffix: str) -> bool:
    if not suffix:
        return entry.is_dir()
    return entry.suffix == suffix and "\njoint_names:" in entry.read_text()  # parameters of the nodes lie beside robots
