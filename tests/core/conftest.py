"""The fakes of tests/fakes.py, and kernels of a GPU that run on the CPU."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    return _load("fakes")


@pytest.fixture(scope="session")
def tool_launch_on_cpu(tmp_path_factory, arm) -> Callable[..., None]:
    """The kernel of tool motion, compiled by g++."""
    return _load("kernels").tool_motion_on_cpu(tmp_path_factory.mktemp("kernel"), len(arm.joint_names))


@pytest.fixture(scope="session")
def rollout_kernels_on_cpu(tmp_path_factory) -> dict[str, Callable[..., None]]:
    """Those between the products of a rollout, compiled by g++."""
    return _load("kernels").rollout_on_cpu(tmp_path_factory.mktemp("rollout"))


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"wm_test_{name}", Path(__file__).parent.parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
