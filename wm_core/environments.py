"""Finds simulated tasks that other packages register under the entry-point group `wm.environments`."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from wm_core.config import ConfigError
from wm_core.protocols import Environment

GROUP = "wm.environments"


def make_environment(name: str, **options: Any) -> Environment:
    """A new environment by its registered name, made with `options` such as task="push", look=0.5, views=2.

    Raises `ConfigError` naming those that are there, or the option that this one does not take.
    """
    factory = find_environment(name).load()
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as error:
        raise ConfigError(f"environment '{name}' cannot be made with {options}: {error}") from None
    return factory(**options)


def find_environment(name: str) -> EntryPoint:
    """Where an environment is, without loading it. Raises `ConfigError` naming those that are there."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none is installed"
        raise ConfigError(f"environment '{name}' is not registered: expected one of: {known}")
    return found[name]
