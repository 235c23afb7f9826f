"""Fakes of the core, and nodes spun in the test's own thread."""

from __future__ import annotations

import gc
import time
from typing import Any, Callable

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory
from wm_interfaces.action import PlanToGoal
from wm_interfaces.msg import PlannerStatistics

from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.limits import ArmLimits
from wm_core.protocols import Draft
from wm_core.types import Goal, Observation, Plan, PlannerState
from wm_ros.conversions import array_to_image, joint_state_to_message
from wm_ros.conversions.goal_messages import goal_to_action
from wm_ros.planner_node import PlannerNode
from wm_ros.planner_tools import PlannerTools

SUCCESS = TransitionCallbackReturn.SUCCESS
FINGERS = ("panda_finger_joint1", "panda_finger_joint2")


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
    """Implements `Planner`: the straight line to the goal joints, at most 0.1 rad a step; fails when told to.

    asked: the start and its velocity that the last plan was asked for. reviewed: how many plans were.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.plans = self.reviewed = 0
        self.asked: tuple[np.ndarray | None, np.ndarray | None] = (None, None)

    def plan(self, *arguments: Any) -> tuple[Plan, PlannerState]:
        return self.draft(*arguments).review()

    def draft(
        self,
        observations: list[Observation],
        goal: Goal,
        state: PlannerState,
        start: np.ndarray | None = None,
        start_velocity: np.ndarray | None = None,
    ) -> Draft:
        if self.error is not None:
            raise self.error
        self.plans += 1
        self.asked = (start, start_velocity)
        begin = observations[-1].joints.position if start is None else start
        steps = np.arange(1, 6)[:, None]
        path = begin + np.clip(goal.joints - begin, -0.1 * steps, 0.1 * steps)
        none = np.zeros((5, 3))
        plan = Plan(begin, path, none, none, 0.2, 0.0, (), float("nan"), 1, 1, 0.01, False)

        def review() -> tuple[Plan, PlannerState]:
            self.reviewed += 1
            return plan, state

        return Draft(plan, state, review)


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

    def spin_once(self, timeout: float) -> None:
        """What is ready, or s of waiting for it."""
        self._executor.spin_once(timeout_sec=timeout)

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


@pytest.fixture
def model(tmp_path):
    """The folder of a small world model, untrained."""
    from wm_core.config import ModelCardConfig, WorldModelConfig
    from wm_core.model.checkpoint import save_world_model
    from wm_core.model.world_model import JepaWorldModel

    small = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16)
    save_world_model(JepaWorldModel(small), ModelCardConfig(model=small), tmp_path / "small")
    return tmp_path / "small"


class PlannerBench:
    """A planner, an arm, its open fingers and a camera that never move, and ears on everything the planner says."""

    def __init__(self, spinner, home, names):
        self.spinner, self.home, self.names = spinner, home, names
        self.planner = spinner.add(PlannerNode())
        self.node = spinner.add(rclpy.create_node("bench"))
        self.picture = np.zeros((8, 8, 3), np.uint8)
        self.proposals, self.statistics, self.errors, self.failing = [], [], [], set()
        self.told = {}
        self.joints = self.node.create_publisher(JointStateMessage, "joint_states", 10)
        self.camera = self.node.create_publisher(Image, "camera/image_raw", 1)
        self.actions = ActionClient(self.node, PlanToGoal, "planner/plan_to_goal")
        self.node.create_subscription(JointTrajectory, "proposal", self.proposals.append, 10)
        self.node.create_subscription(PlannerStatistics, "planner/statistics", self.statistics.append, 10)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        self.sights = [self.show_joints, self.show_image]
        self.until(lambda: self.actions.server_is_ready() and self.node.count_publishers("/diagnostics"))

    def until(self, true, timeout=10.0):
        return self.spinner.until(true, timeout, lambda: [sight() for sight in self.sights])

    def show_joints(self):
        names, position = self.names + FINGERS, [*self.home, 0.04, 0.04]
        self.joints.publish(joint_state_to_message(names, position, np.zeros(9), self.now()))

    def show_image(self):
        self.camera.publish(array_to_image(self.picture, self.now(), "camera"))

    def activate(self):
        assert self.planner.trigger_configure() == SUCCESS
        assert self.planner.trigger_activate() == SUCCESS

    def send(self, goal, time_limit=5.0):
        message = goal_to_action(goal, self.names, "", time_limit) if isinstance(goal, Goal) else goal
        sent = self.actions.send_goal_async(message)
        self.until(sent.done)
        return sent.result()

    def end(self, handle):
        result = handle.get_result_async()
        self.until(result.done)
        return result.result().result

    def now(self):
        return self.node.get_clock().now().nanoseconds / 1e9

    def says(self, text):
        return any(text in error for error in self.errors)

    def _on_diagnostics(self, message):
        self.errors += [part.message for part in message.status if part.level == b"\x02"]
        self.told.update({part.name: part.message for part in message.status})
        self.failing |= {part.name for part in message.status if part.level == b"\x02"}


@pytest.fixture
def bench(ros, home, limits):
    made = []

    def make(*arguments, model="none"):
        made.append(PlannerBench(ros("-p", f"model:={model}", "-p", "replan_period:=0.05", *arguments), home, limits.names))
        return made[-1]

    yield make
    for bench in made:
        bench.actions.destroy()
