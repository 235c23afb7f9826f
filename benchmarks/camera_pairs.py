"""How far apart in time the simulator's two cameras take the pictures that a model of two views is shown together.

`python benchmarks/camera_pairs.py --watch-rate 20` starts `sim.node` in its own domain, sways the arm as a planner does, and
prints how far the nearest picture of the watch camera is from each of the main one's, by stamp, and how often both come.
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
from rclpy.qos import QoSProfile  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from benchmarks.sim_rates import WARM_UP, Listener, cpu_seconds, measure  # noqa: E402
from wm_ros.conversions import image_stamp  # noqa: E402


class TwoCameras(Listener):
    """Notes the stamps of both cameras' pictures, s, and how old each was on arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.main: list[tuple[float, float]] = []
        self.watch: list[tuple[float, float]] = []
        quality = QoSProfile(depth=10)
        for topic, rows in (("camera/image_raw", self.main), ("watch_camera/image_raw", self.watch)):
            self.create_subscription(Image, topic, lambda message, rows=rows: self._note(rows, message), quality)

    def _note(self, rows: list[tuple[float, float]], message: Image) -> None:
        stamp = image_stamp(message)
        rows.append((stamp, time.time() - stamp))


def offsets_ms(main: np.ndarray, watch: np.ndarray) -> np.ndarray:
    """(N,), (M,) stamps, s -> (N,) ms from each of the main camera's to the nearest of the watch camera's."""
    return 1e3 * np.abs(main[:, None] - watch[None]).min(axis=1)


def main() -> int:
    """Prints one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--watch-rate", type=float, default=20.0, help="Hz, of the watch camera; 20 is the main one's")
    options = parser.parse_args()
    command = [sys.executable, "-m", "sim.node", "--ros-args", "-p", f"watch_camera_rate:={options.watch_rate}"]
    simulator = subprocess.Popen(command, cwd=ROOT)
    rclpy.init()
    try:
        listener, begin = TwoCameras(), time.monotonic()
        figures = measure(listener, options.seconds)
        share = cpu_seconds(simulator.pid) / (time.monotonic() - begin)
    finally:
        simulator.send_signal(signal.SIGINT)
        code = simulator.wait(10.0)
        rclpy.try_shutdown()
    first = listener.main[0][0] + WARM_UP
    own, other = (np.array([row for row in rows if row[0] >= first]) for rows in (listener.main, listener.watch))
    for name, near, far in (("main to nearest watch", own, other), ("watch to nearest main", other, own)):
        apart = offsets_ms(near[:-1, 0], far[:, 0])  # the newest may still wait for its partner
        print(f"{name} picture: median {np.median(apart):.1f}, 95 % {np.percentile(apart, 95):.1f}, worst {apart.max():.1f} ms")
    for name, rows in (("main", own), ("watch", other)):
        gaps, ages = np.diff(rows[:, 0]), 1e3 * np.percentile(rows[:, 1], [50, 95])
        text = f"{name}: {1.0 / gaps.mean():.1f} Hz, {ages[0]:.0f} ms old on arrival, 95 % {ages[1]:.0f} ms"
        print(f"{text}; gap 99 % {1e3 * np.percentile(gaps, 99):.0f} ms")
    print(f"joint states: {figures['joints_hz']} Hz, gap 99 % {figures['published_gap_p99_ms']} ms, worst {figures['published_gap_max_ms']} ms")
    print(f"physics process: {share:.2f} of a core; exit {code}; load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
