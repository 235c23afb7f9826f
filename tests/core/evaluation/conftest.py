"""The toy world of line.py."""

from __future__ import annotations

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def toy(load) -> ModuleType:
    return load("core/evaluation/line.py")
