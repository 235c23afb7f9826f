"""Floods a topic with joint states, as a driver of 1 kHz and more does: `joint_states`, each moved on to the moment it is sent.

`python benchmarks/joint_flood.py TOPIC --rate 2000` publishes until SIGINT, then prints the rate that it kept.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import rclpy  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.qos import qos_profile_sensor_data  # noqa: E402
from rclpy.signals import SignalHandlerOptions  # noqa: E402
from sensor_msgs.msg import JointState  # noqa: E402

from wm_core.types import JointState as State  # noqa: E402
from wm_ros.conversions import joint_state_from_message, joint_state_to_message  # noqa: E402


class Flood:
    """Relays the newest state."""

    def __init__(self, topic: str) -> None:
        self.node = rclpy.create_node("joint_flood")
        self._names: tuple[str, ...] = ()
        self._state: State | None = None
        self._publisher = self.node.create_publisher(JointState, topic, qos_profile_sensor_data)
        self.node.create_subscription(JointState, "joint_states", self._on_state, qos_profile_sensor_data)

    def publish(self) -> bool:
        """Whether there was anything to publish."""
        if self._state is None:
            return False
        state, now = self._state, time.time()
        position = state.position + state.velocity * (now - state.stamp)
        self._publisher.publish(joint_state_to_message(self._names, position, state.velocity, now))
        return True

    def _on_state(self, message: JointState) -> None:
        self._names = tuple(message.name)
        self._state = joint_state_from_message(message, self._names)


def main() -> None:
    """Until SIGINT."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("topic")
    parser.add_argument("--rate", type=float, default=2000.0, help="Hz")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    flood = Flood(options.topic)
    executor = SingleThreadedExecutor()
    executor.add_node(flood.node)
    listening = threading.Thread(target=_listen, args=(executor, ended))
    listening.start()
    began, count = 0.0, 0
    due = time.monotonic()
    while not ended.is_set():
        if flood.publish():
            began, count = began or time.monotonic(), count + 1
        due = max(due + 1.0 / options.rate, time.monotonic() - 0.1)  # a stall of more is not made up for
        time.sleep(max(0.0, due - time.monotonic()))
    seconds = time.monotonic() - began
    print(f"kept {count / seconds:.0f} Hz" if count else "kept 0 Hz", flush=True)
    listening.join()
    executor.shutdown()
    rclpy.try_shutdown()


def _listen(executor: SingleThreadedExecutor, ended: threading.Event) -> None:
    while not ended.is_set():
        executor.spin_once(timeout_sec=0.1)


if __name__ == "__main__":
    main()
