"""The toy world of moving_square.py."""

from __future__ import annotations

from types import ModuleType

import pytest

from wm_core.training.dataset import Dataset


@pytest.fixture(scope="session")
def toy(load) -> ModuleType:
    return load("core/training/moving_square.py")


@pytest.fixture(scope="session")
def data(toy, tmp_path_factory) -> Dataset:
    return toy.moving_square(tmp_path_factory.mktemp("toy") / "data")
