"""The simulator node as a process, seen from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from sim.scene import ARM_JOINTS
from wm_ros.conversions import joint_state_from_message

ROOT = Path(__file__).resolve().parents[3]
DOMAIN = 60 + os.getpid() % 20  # two test runs on one machine do not hear each other
OTHER_DOMAIN = DOMAIN + 20  # for the tests that start a node of their own
DEADLINE = 40.0  # s
TOPICS = {
    "joint_states": JointState,
    "camera/image_raw": Image,
    "camera/camera_info": CameraInfo,
    "sim/tool_pose": PoseStamped,
    "/diagnostics": DiagnosticArray,
    "/clock": Clock,
}


class SimProcess:
    """The node in its process, and all that it logs."""

    def __init__(self, *parameters: str, domain: int = OTHER_DOMAIN, **environment: str) -> None:
        overrides = [word for parameter in parameters for word in ("-p", parameter)]
        settings = {**os.environ, "ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sim.node", "--ros-args", *overrides],
            cwd=ROOT,
            env={**settings, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid = self._process.pid
        self.log = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def children(self) -> list[int]:
        """Pids of the renderer and of multiprocessing's helper."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def renderers(self) -> list[int]:
        """The renderer is started by the main thread or, after a death, by the physics thread."""
        found = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            found += [int(pid) for pid in (task / "children").read_text().split()]
        return [pid for pid in found if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]

    def end(self, number: int = signal.SIGINT) -> int:
        """-> exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            code = self._process.wait(DEADLINE)
        finally:
            self._process.kill()
        self._reader.join(DEADLINE)
        return code

    def kill(self) -> None:
        """Whatever a failed test left running."""
        self._process.kill()
        self._process.wait(DEADLINE)

    def wait(self) -> int:
        """For its own end. -> exit code."""
        code = self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log += line


class Listener:
    """Keeps every message of the node and spins until something is true."""

    def __init__(self, domain: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("listener", context=self.context)
        self.got: dict[str, list[Any]] = defaultdict(list)
        for topic, kind in TOPICS.items():
            self.node.create_subscription(kind, topic, self.got[topic].append, 50)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.node.create_subscription(String, "robot_description", self.got["robot_description"].append, latched)
        self.orders = self.node.create_publisher(JointTrajectory, "panda_arm_controller/joint_trajectory", 10)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"waited {DEADLINE} s for {what}"
            self._executor.spin_once(timeout_sec=0.05)

    def until_some(self, *topics: str, count: int = 1) -> None:
        """Waits for `count` messages that come from now on."""
        have = {topic: len(self.got[topic]) for topic in topics}
        self.until(lambda: all(len(self.got[topic]) >= have[topic] + count for topic in topics), f"{topics}")

    def joints(self) -> np.ndarray:
        """(7,) rad, newest."""
        return joint_state_from_message(self.got["joint_states"][-1], ARM_JOINTS).position

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    yield from _listen(DOMAIN)


@pytest.fixture
def other() -> Iterator[Listener]:
    yield from _listen(OTHER_DOMAIN)


@pytest.fixture
def start() -> Iterator[Callable[..., SimProcess]]:
    """Starts nodes that do not outlive the test."""
    started: list[SimProcess] = []

    def start(*parameters: str, **environment: str) -> SimProcess:
        started.append(SimProcess(*parameters, **environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def _listen(domain: int) -> Iterator[Listener]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        listener = Listener(domain)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def sim(listener: Listener) -> Iterator[SimProcess]:
    process = SimProcess("seed:=5", "image_width:=96", "image_height:=64", domain=DOMAIN)
    try:
        listener.until_some("joint_states", "camera/image_raw")
        controller = "panda_arm_controller/joint_trajectory"
        listener.until(lambda: listener.node.count_subscribers(controller), "the controller")
        yield process
    finally:
        assert process.end() == 0, process.log
