"""For every test: ROS stays on this machine, in a domain of its own. Nothing here may ever move somebody's real arm."""

from __future__ import annotations

import importlib.util
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import numpy as np

    from wm_core.config import ObstacleConfig, RobotConfig
    from wm_core.kinematics.urdf_arm import UrdfArm
    from wm_core.limits import ArmLimits

# Domains 1 to 100 keep clear of the default 0; the process number keeps two test runs on one machine apart.
_DOMAINS = itertools.cycle(range(1, 101))
for _ in range(os.getpid() % 100):
    next(_DOMAINS)

os.environ["ROS_DOMAIN_ID"] = str(next(_DOMAINS))
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A shell that runs the tests in the background has them ignore SIGINT, and so would every process that they start:
# but stopping by SIGINT is what many of them are about.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def own_domain() -> Iterator[None]:
    """A domain that no earlier file of tests has used.

    On localhost Fast DDS finds the first few dozen participants of a domain only, and a participant of a closed node may
    linger: after some hundred nodes in one process, newcomers are found late or not at all.
    """
    os.environ["ROS_DOMAIN_ID"] = str(next(_DOMAINS))
    yield


@pytest.fixture(scope="session")
def load() -> Callable[[str], ModuleType]:
    """load("fakes.py") -> that module of tests/, which is not on the path; the same one every time."""

    @cache
    def load(path: str) -> ModuleType:
        file = Path(__file__).parent / path
        spec = importlib.util.spec_from_file_location(f"wm_test_{file.stem}", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def robot() -> RobotConfig:
    """The Panda. What it needs is imported late: tests/ros2_pip runs where this project is not installed, too."""
    from wm_core.resources import find_robot

    return find_robot("panda")


@pytest.fixture(scope="session")
def arm(robot: RobotConfig) -> UrdfArm:
    """Its kinematics."""
    from wm_core.kinematics.urdf_arm import load_arm

    return load_arm(robot)


@pytest.fixture(scope="session")
def limits(robot: RobotConfig, arm: UrdfArm) -> ArmLimits:
    """Its limits."""
    from wm_core.limits import arm_limits

    return arm_limits(robot, arm)


@pytest.fixture(scope="session")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """declared(box, ...) -> the path of a file that declares these obstacles."""
    from wm_core.config import ObstaclesConfig, save_config

    def write(*boxes: ObstacleConfig) -> str:
        path = tmp_path_factory.mktemp("scene") / "obstacles.yaml"
        save_config(ObstaclesConfig(obstacles=boxes), path)
        return str(path)

    return write


@pytest.fixture
def home(robot: RobotConfig) -> np.ndarray:
    """(J,) rad"""
    import numpy as np

    return np.array(robot.home)
