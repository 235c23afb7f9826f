"""The Panda, and the fakes of tests/fakes.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wm_core.config import RobotConfig
from wm_core.kinematics.urdf_arm import UrdfArm, load_arm
from wm_core.limits import ArmLimits, arm_limits
from wm_core.resources import find_robot


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wm_test_fakes", Path(__file__).parent.parent / "fakes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def robot() -> RobotConfig:
    return find_robot("panda")


@pytest.fixture(scope="session")
def arm(robot: RobotConfig) -> UrdfArm:
    return load_arm(robot)


@pytest.fixture(scope="session")
def limits(robot: RobotConfig, arm: UrdfArm) -> ArmLimits:
    return arm_limits(robot, arm)


@pytest.fixture
def home(robot: RobotConfig) -> np.ndarray:
    return np.array(robot.home)
