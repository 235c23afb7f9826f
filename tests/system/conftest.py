"""Launch descriptions of the whole stack, and what a test needs to drive and watch it."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import pytest
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessStart
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.substitutions import FindPackageShare
from launch.substitutions import PathJoinSubstitution

from wm_core.config import RobotConfig
from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.limits import arm_limits
from wm_ros.client import PlannerClient
from wm_ros.observer import MotionObserver

_MARK = "WM_TEST_STACK"


@dataclass
class Stack:
    """The processes of one launch by the names of their programs: pids, and exit codes of those that ended."""

    pids: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def started(self, event: Any, context: Any) -> None:
        self.pids[_program(event)] = event.pid

    def ended(self, event: Any, context: Any) -> None:
        self.codes[_program(event)] = event.returncode

    def alive(self) -> list[int]:
        """Processes that this launch began and that still run, children of children included."""
        wanted = f"{_MARK}={self.mark}".encode()
        return [pid for pid in _all_processes() if pid != os.getpid() and wanted in _environment(pid)]


def _program(event: Any) -> str:
    return Path(event.cmd[0]).name


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> bytes:
    try:
        if "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return b""
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="session")
def launch_stack() -> Callable[..., tuple[LaunchDescription, Stack]]:
    """launch_stack(sim='true', ...) -> what a launch fixture returns."""

    def make(**arguments: str) -> tuple[LaunchDescription, Stack]:
        stack = Stack()
        os.environ[_MARK] = stack.mark
        file = PathJoinSubstitution([FindPackageShare("wm_ros"), "launch", "arm_planner.launch.py"])
        include = IncludeLaunchDescription(
            PythonLaunchDescriptionSource(file), launch_arguments=list(arguments.items())
        )
        started = RegisterEventHandler(OnProcessStart(on_start=stack.started))
        ended = RegisterEventHandler(OnProcessExit(on_exit=stack.ended))
        return LaunchDescription([started, ended, include]), stack

    return make


@pytest.fixture(scope="module")
def client(robot: RobotConfig) -> Any:
    with PlannerClient(robot.joint_names) as client:
        yield client


@pytest.fixture(scope="module")
def observer(client: PlannerClient, robot: RobotConfig, arm: UrdfArm) -> MotionObserver:
    return MotionObserver(client.node, arm_limits(robot, arm), arm)


class Driver:
    """Waits for the stack, in the tests themselves: launch does nothing while fixtures are being set up."""

    def __init__(self, client: PlannerClient, observer: MotionObserver) -> None:
        self._client, self._observer = client, observer
        self._failed: Exception | None = None

    def ready(self, timeout: float = 60.0) -> None:
        """Until the planner is active and the arm at rest; at once, if that failed before."""
        if self._failed is not None:
            pytest.fail(f"the stack did not come up before: {self._failed}")
        observer = self._observer
        try:
            self._client.wait_until_active(timeout)
            seen = lambda: observer.joints is not None and observer.tool is not None and observer.guard is not None
            observer.wait_for(seen, 30.0, "topics of arm and guard")
            observer.wait_for(lambda: observer.speed() < 0.01, 10.0, "an arm at rest")
        except TimeoutError as error:
            self._failed = error
            raise


@pytest.fixture(scope="module")
def driver(client: PlannerClient, observer: MotionObserver) -> Driver:
    return Driver(client, observer)
