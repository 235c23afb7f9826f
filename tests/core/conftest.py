"""The fakes of tests/fakes.py, and kernels of a GPU that run on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def fakes(load) -> ModuleType:
    return load("fakes.py")


@pytest.fixture(scope="session")
def tool_launch_on_cpu(load, tmp_path_factory, arm) -> Callable[..., None]:
    """The kernel of tool motion, compiled by g++."""
    return load("kernels.py").tool_motion_on_cpu(tmp_path_factory.mktemp("kernel"), len(arm.joint_names))


@pytest.fixture(scope="session")
def cost_launch_on_cpu(load, tmp_path_factory, arm) -> Callable[..., None]:
    """The kernel of costs, compiled by g++."""
    return load("kernels.py").cost_on_cpu(tmp_path_factory.mktemp("cost"), len(arm.joint_names))


@pytest.fixture(scope="session")
def refit_launch_on_cpu(load, tmp_path_factory) -> Callable[..., Callable[..., None]]:
    """Samples -> the kernel of refits, compiled by g++ for them."""
    return cache(lambda samples: load("kernels.py").refit_on_cpu(tmp_path_factory.mktemp("refit"), samples))


@pytest.fixture(scope="session")
def rollout_launch_on_cpu(load, tmp_path_factory) -> Callable[..., Callable[..., None]]:
    """Options -> the kernel of rollouts, compiled by g++ with them."""
    return lambda options: load("kernels.py").rollout_on_cpu(tmp_path_factory.mktemp("rollout"), options)
