"""The toy world of ../probing/exact.py."""

from __future__ import annotations

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def toy(load) -> ModuleType:
    return load("core/probing/exact.py")
