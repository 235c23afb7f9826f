"""Fakes of the core, and nodes spun in the test's own thread."""

from __future__ import annotations

import gc
import time
from typing import Any, Callable

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.limits import ArmLimits
from wm_core.types import Goal, Observation, Plan, PlannerState
from wm_ros.planner_tools import PlannerTools


class FakeClock:
    """Time that passes when the test says so; one clock stands for both."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class StraightPlanner:
    """Implements `Planner`: the straight line to the goal joints, at most 0.1 rad a step; fails when told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.plans = 0

    def plan(
        self, observations: list[Observation], goal: Goal, state: PlannerState, start: np.ndarray | None = None
    ) -> tuple[Plan, PlannerState]:
        if self.error is not None:
            raise self.error
        self.plans += 1
        begin = observations[-1].joints.position if start is None else start
        steps = np.arange(1, 6)[:, None]
        path = begin + np.clip(goal.joints - begin, -0.1 * steps, 0.1 * steps)
        none = np.zeros((5, 3))
        return Plan(begin, path, none, none, 0.2, 0.0, (), float("nan"), 1, 1, 0.01, False), state


@pytest.fixture
def planner() -> StraightPlanner:
    return StraightPlanner()


@pytest.fixture
def tools(arm: UrdfArm, limits: ArmLimits, planner: StraightPlanner) -> PlannerTools:
    return PlannerTools("panda", arm, limits, planner, None, 0.1)


class Spinner:
    """Runs nodes until something is true, in the calling thread."""

    def __init__(self) -> None:
        self._executor = SingleThreadedExecutor()
        self.nodes: list[Node] = []

    def add(self, node: Any) -> Any:
        self._executor.add_node(node)
        self.nodes.append(node)
        return node

    def until(self, true: Callable[[], Any], timeout: float = 10.0, each: Callable[[], Any] = lambda: None) -> Any:
        """Spins until `true()` is, and gives its value; `each` runs about 30 times a second."""
        end, due = time.monotonic() + timeout, 0.0
        while not (value := true()):
            assert time.monotonic() < end, f"not within {timeout} s"
            if time.monotonic() > due:
                each()
                due = time.monotonic() + 0.03
            self._executor.spin_once(timeout_sec=0.01)
        return value

    def close(self) -> None:
        for node in self.nodes:
            if hasattr(node, "close"):
                node.close()
        self._executor.shutdown()
        for node in self.nodes:
            node.destroy_node()


@pytest.fixture
def ros() -> Any:
    """ros(arguments) starts rclpy with ROS arguments and gives a `Spinner`."""
    spinners = []

    def start(*arguments: str) -> Spinner:
        rclpy.init(args=["--ros-args", *arguments] if arguments else [])
        spinners.append(Spinner())
        return spinners[-1]

    yield start
    for spinner in spinners:
        spinner.close()
    rclpy.try_shutdown()
    # What still refers to a node keeps its participant, and with LOCALHOST discovery only the first 32 find each other.
    spinners.clear()
    gc.collect()
