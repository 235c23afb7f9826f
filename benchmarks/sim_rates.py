"""How evenly the simulator publishes while it renders and follows trajectories.

`python benchmarks/sim_rates.py --seconds 20` starts `sim.node` in its own domain, subscribes from this process, sends a
trajectory ten times a second as a planner does, prints the figures and appends them to results/sim_rates.csv.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

# Before rclpy is loaded: a benchmark must not move somebody's arm.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("ROS_DOMAIN_ID", "41")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import rclpy  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from sensor_msgs.msg import Image, JointState  # noqa: E402
from trajectory_msgs.msg import JointTrajectory  # noqa: E402

from benchmarks.record import append_row  # noqa: E402
from sim.scene import ARM_JOINTS  # noqa: E402
from wm_core.types import Trajectory  # noqa: E402
from wm_ros.conversions import image_stamp, joint_state_from_message, trajectory_to_message  # noqa: E402

WARM_UP = 2.0  # s after the first image, not counted


class Listener(Node):
    """Notes when messages arrive and when they were made; sways the arm."""

    def __init__(self) -> None:
        super().__init__("sim_rates")
        # arrival (s, monotonic), age on arrival (s), when the simulator published it (s)
        self.joints: list[tuple[float, float, float]] = []
        self.images: list[tuple[float, float, float]] = []
        self._start: np.ndarray | None = None
        self._publisher = self.create_publisher(JointTrajectory, "panda_arm_controller/joint_trajectory", 10)
        self.create_subscription(JointState, "joint_states", self._on_joints, 50)
        self.create_subscription(Image, "camera/image_raw", self._on_image, QoSProfile(depth=1))
        self.create_timer(0.1, self._sway)

    def _on_joints(self, message: JointState, info: dict[str, int]) -> None:
        state = joint_state_from_message(message, ARM_JOINTS)
        self._start = state.position if self._start is None else self._start
        self.joints.append((time.monotonic(), time.time() - state.stamp, 1e-9 * info["source_timestamp"]))

    def _on_image(self, message: Image, info: dict[str, int]) -> None:
        age = time.time() - image_stamp(message)
        self.images.append((time.monotonic(), age, 1e-9 * info["source_timestamp"]))

    def _sway(self) -> None:
        if self._start is None:
            return
        ahead = time.monotonic() + np.array([[0.2], [0.4], [0.6]])
        positions = self._start + 0.2 * np.sin(2.0 * ahead)
        velocities = np.repeat(0.4 * np.cos(2.0 * ahead), 7, axis=1)
        velocities[-1] = 0.0
        times = np.array([0.2, 0.4, 0.6])
        self._publisher.publish(trajectory_to_message(Trajectory(ARM_JOINTS, times, positions, velocities)))


def measure(listener: Listener, seconds: float) -> dict[str, object]:
    """Listens for `seconds` s. Raises `RuntimeError` without a simulator."""
    executor = SingleThreadedExecutor()
    executor.add_node(listener)
    deadline = time.monotonic() + 60.0
    while not listener.images:
        executor.spin_once(timeout_sec=0.5)
        if time.monotonic() > deadline:
            raise RuntimeError("no image within 60 s")
    begin = time.monotonic() + WARM_UP
    while time.monotonic() < begin + seconds:
        executor.spin_once(timeout_sec=0.5)
    joints = np.array([row for row in listener.joints if row[0] >= begin])
    images = np.array([row for row in listener.images if row[0] >= begin])
    sent, gaps, image_gaps = (1e3 * np.diff(column) for column in (joints[:, 2], joints[:, 0], images[:, 0]))
    return {
        "seconds": seconds,
        "joints_hz": round(len(joints) / seconds, 1),
        "published_gap_p50_ms": round(float(np.median(sent)), 2),
        "published_gap_p99_ms": round(float(np.percentile(sent, 99)), 2),
        "published_gap_max_ms": round(float(sent.max()), 2),
        "arrival_gap_p50_ms": round(float(np.median(gaps)), 2),
        "arrival_gap_p99_ms": round(float(np.percentile(gaps, 99)), 2),
        "arrival_gap_max_ms": round(float(gaps.max()), 2),
        "joints_age_p99_ms": round(1e3 * float(np.percentile(joints[:, 1], 99)), 2),
        "images_hz": round(len(images) / seconds, 1),
        "images_gap_p99_ms": round(float(np.percentile(image_gaps, 99)), 2),
        "images_age_p50_ms": round(1e3 * float(np.median(images[:, 1])), 2),
        "images_age_p95_ms": round(1e3 * float(np.percentile(images[:, 1], 95)), 2),
    }


def cpu_seconds(pid: int) -> float:
    """User and system time of one process, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Prints and records one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", type=int, default=128, help="pixels, width and height")
    parser.add_argument("--ordinary", action="store_true", help="do not ask for real-time scheduling")
    parser.add_argument("--note", default="", help="what else the machine does meanwhile")
    parser.add_argument("--dry", action="store_true", help="do not write the CSV file")
    options = parser.parse_args()
    size = ["-p", f"image_width:={options.size}", "-p", f"image_height:={options.size}"]
    realtime = ["-p", f"realtime:={str(not options.ordinary).lower()}"]
    command = [sys.executable, "-m", "sim.node", "--ros-args", *size, *realtime]
    simulator = subprocess.Popen(command, cwd=ROOT)
    rclpy.init()
    try:
        before = time.monotonic()
        figures = measure(Listener(), options.seconds)
        share = cpu_seconds(simulator.pid) / (time.monotonic() - before)
    finally:
        simulator.send_signal(signal.SIGINT)
        code = simulator.wait(10.0)
        rclpy.try_shutdown()
    settings = {"size": options.size, "realtime": not options.ordinary, "note": options.note}
    figures = {**settings, **figures, "node_cpu": round(share, 2), "exit": code}
    for name, value in figures.items():
        print(f"{name:>20} {value}")
    if not options.dry:
        print(append_row("sim_rates", figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
