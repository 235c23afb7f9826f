"""`wm_sim_node`: a simulated arm and camera that the rest of the system cannot tell from real ones."""

from __future__ import annotations

import signal
import sys
import threading
from functools import partial

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from sim.arm import SimArm
from sim.camera import SceneCamera
from sim.display import window_works
from sim.live_camera import LiveCamera
from sim.node_parameters import SimParameters
from sim.node_topics import SimTopics
from sim.pacing import StampClock
from sim.priority import ask_for_real_time
from sim.real_time import Rates, RealTimeLoop
from sim.render_process import RenderProcess
from sim.scene import Scene
from wm_ros.health import HealthReporter
from wm_ros.parameters import ParameterError, declare_parameters, read_parameters

_SPIN = 0.1  # s, how soon a signal is noticed


class SimNode(Node):
    """Joint states, images and trajectories at the topics of a real arm. Physics runs in its own thread."""

    def __init__(self) -> None:
        """Raises `ParameterError`."""
        super().__init__("sim")
        declare_parameters(self, SimParameters, read_only=True)
        parameters = read_parameters(self, SimParameters)
        self._health = HealthReporter(self, "simulation")
        self._realtime = parameters.realtime
        self._scene = self._load(parameters)
        self._camera = LiveCamera(
            partial(RenderProcess, parameters.image_width, parameters.image_height), self._on_camera
        )
        self._on_camera(None)
        intrinsics = SceneCamera(parameters.image_width, parameters.image_height).intrinsics()
        topics = SimTopics(self, parameters, intrinsics, lambda *order: self._loop.submit(*order))
        rates = Rates(parameters.joint_state_rate, parameters.camera_rate, parameters.tool_pose_rate)
        clock = StampClock(parameters.publish_clock)
        self._loop = RealTimeLoop(SimArm(self._scene), self._camera, topics, clock, rates)

    def run(self, stop: threading.Event) -> None:
        """Physics until `stop` is set; sets it when physics fails, and raises. Call it in a thread of its own."""
        if self._realtime and not ask_for_real_time():
            self.get_logger().info("no permission for real-time scheduling: on a busy machine joint_states come less evenly")
        try:
            self._loop.run(stop)
        finally:
            stop.set()

    def close(self) -> None:
        """Ends the renderer and the scene; call it when `run` has returned."""
        self._camera.close()
        self._scene.close()
        self.destroy_node()

    def _load(self, parameters: SimParameters) -> Scene:
        gui = parameters.gui
        if gui and not window_works():
            self.get_logger().warning("gui is true, but PyBullet cannot open a window (no display?): running headless")
            gui = False
        scene = Scene(gui)
        scene.reset(parameters.seed)
        return scene

    def _on_camera(self, problem: str | None) -> None:
        if problem is None:
            self._health.ok("camera", "rendering")
        else:
            self._health.error("camera", problem)


def main(args: list[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM; 0 then, 1 when physics failed, 2 for parameters that cannot be used."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # Our own handlers: rclpy's would pull the publishers from under the physics thread.
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = SimNode()
    except ParameterError as error:
        rclpy.logging.get_logger("sim").fatal(str(error))
        rclpy.try_shutdown()
        return 2
    physics = _Physics(node, stop)
    try:
        _spin(node, stop)
    finally:
        stop.set()
        physics.join()
        node.close()
        rclpy.try_shutdown()
    return 1 if physics.failed else 0


class _Physics(threading.Thread):
    def __init__(self, node: SimNode, stop: threading.Event) -> None:
        super().__init__(name="physics", daemon=True)
        self._node, self._stop_event = node, stop
        self.failed = False
        self.start()

    def run(self) -> None:
        try:
            self._node.run(self._stop_event)
        except Exception as error:  # whatever it was: the node must end, and say why
            self.failed = True
            self._node.get_logger().fatal(f"physics failed: {type(error).__name__}: {error}")


def _spin(node: SimNode, stop: threading.Event) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stop.is_set():
        executor.spin_once(timeout_sec=_SPIN)
    executor.shutdown()


if __name__ == "__main__":
    sys.exit(main())
