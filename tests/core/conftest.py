"""The fakes of tests/fakes.py, and kernels of a GPU that run on the CPU."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
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
def cost_launch_on_cpu(tmp_path_factory, arm) -> Callable[..., None]:
    """The kernel of costs, compiled by g++."""
    return _load("kernels").cost_on_cpu(tmp_path_factory.mktemp("cost"), len(arm.joint_names))


@pytest.fixture(scope="session")
def refit_launch_on_cpu(tmp_path_factory) -> Callable[..., Callable[..., None]]:
    """Samples -> the kernel of refits, compiled by g++ for them."""
    return cache(lambda samples: _load("kernels").refit_on_cpu(tmp_path_factory.mktemp("refit"), samples))


@pytest.fixture(scope="session")
def rollout_launch_on_cpu(tmp_path_factory) -> Callable[..., Callable[..., None]]:
    """Options -> the kernel of rollouts, compiled by g++ with them."""
    return lambda options: _load("kernels").rollout_on_cpu(tmp_path_factory.mktemp("rollout"), options)


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"wm_test_{name}", Path(__file__).parent.parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
