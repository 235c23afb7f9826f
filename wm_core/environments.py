"""Finds simulated tasks that other packages register under the entry-point group `wm.environments`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from wm_core.config import ConfigError
from wm_core.protocols import Environment

GROUP = "wm.environments"


def make_environment(name: str) -> Environment:
    """A new environment by its registered name. Raises `ConfigError` naming those that are there."""
    return find_environment(name).load()()


def find_environment(name: str) -> EntryPoint:
    """Where an environment is, without loading it. Raises `ConfigError` naming those that are there."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none is installed"
        raise ConfigError(f"environment '{name}' is not registered: expected one of: {known}")
    return found[name]
