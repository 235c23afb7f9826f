"""`wm_sim_node`: a simulated arm and camera that the rest of the system cannot tell from real ones."""

from __future__ import annotations

import sys
import threading
from functools import partial

import rclpy
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node

from sim.arm import SimArm
from sim.camera import OVERHEAD_VIEW, SceneCamera
from sim.display import window_works
from sim.live_camera import LiveCamera
from sim.node_parameters import SimParameters
from sim.node_scene import Workplace, make_workplace
from sim.node_topics import SimTopics
from sim.pacing import StampClock
from sim.perturbations.visit import Visit
from sim.real_time import Rates, RealTimeLoop
from sim.render_process import RenderProcess
from sim.visitor import Visitor, make_visit
from wm_core.config import ConfigError, load_obstacles
from wm_core.types import Trajectory
from wm_ros.health import HealthReporter
from wm_ros.parameters import ParameterError, declare_parameters, read_parameters
from wm_ros.priority import ask_for_real_time
from wm_ros.process import StartupError, run


class SimNode(Node):
    """Joint states, images and trajectories at the topics of a real arm. Physics runs in a thread of its own."""

    def __init__(self) -> None:
        """Raises `StartupError`."""
        super().__init__("sim")
        parameters = self._parameters_of_start()
        self._health = HealthReporter(self, "simulation")
        size = parameters.image_width, parameters.image_height
        visit = self._visit(parameters)
        place = self._load(parameters)
        self._scene = place.scene
        views = (place.view, OVERHEAD_VIEW)
        intrinsics = tuple(SceneCamera(*size, view).intrinsics() for view in views)
        try:
            topics = SimTopics(self, parameters, intrinsics, self._on_order, self._on_finger_order)
        except InvalidTopicNameException as error:
            names = f"'controller' is '{parameters.controller}', 'gripper_controller' is '{parameters.gripper_controller}'"
            raise StartupError(f"parameter {names}: {error}") from error
        standing = self._scene.part, self._scene.obstacles.boxes
        self._camera = LiveCamera(partial(RenderProcess, *size, views, *standing), self._on_camera)
        self._on_camera(None)
        rates = Rates(
            parameters.joint_state_rate, parameters.camera_rate, parameters.watch_camera_rate, parameters.tool_pose_rate
        )
        clock = StampClock(parameters.publish_clock)
        visitor = None if visit is None else Visitor(self._scene, visit, self._on_visit)
        self._loop = RealTimeLoop(SimArm(self._scene), self._camera, topics, clock, rates, visitor)
        self.physics_failed = False
        self._stop = threading.Event()
        self._physics = threading.Thread(target=self._run, args=(parameters.realtime,), name="physics", daemon=True)
        self._physics.start()

    def failed(self, error: Exception) -> None:
        """A callback raised: physics goes on."""
        self._health.error("node", f"exception in a callback: {error}")

    def close(self) -> None:
        """Stops physics, ends the renderer and the scene."""
        self._stop.set()
        self._physics.join()
        self._camera.close()
        self._scene.close()

    def _parameters_of_start(self) -> SimParameters:
        try:
            declare_parameters(self, SimParameters, read_only=True)
            return read_parameters(self, SimParameters)
        except ParameterError as error:
            raise StartupError(str(error)) from error

    @staticmethod
    def _visit(parameters: SimParameters) -> Visit | None:
        try:
            return make_visit(parameters.perturb, parameters.seed)
        except ValueError as error:
            raise StartupError(f"parameter 'perturb': {error}") from error

    def _load(self, parameters: SimParameters) -> Workplace:
        gui = parameters.gui
        if gui and not window_works():
            self.get_logger().warning("gui is true, but PyBullet cannot open a window (no display?): running headless")
            gui = False
        try:
            obstacles = load_obstacles(parameters.obstacles)
        except ConfigError as error:
            raise StartupError(f"parameter 'obstacles': {error}") from error
        place = make_workplace(parameters.task, parameters.seed, gui, obstacles)
        overlapped = place.scene.obstacles.overlapped()
        for name in [box.name for box in obstacles if box in overlapped]:
            self.get_logger().warning(f"the arm begins in obstacle '{name}': physics will push it out")
        return place

    def _run(self, realtime: bool) -> None:
        if realtime and not ask_for_real_time():
            self.get_logger().info("no permission for real-time scheduling: on a busy machine joint_states jitter more")
        try:
            self._loop.run(self._stop)
        except Exception as error:  # whatever it was: an arm without physics must not look alive
            self.physics_failed = True
            self.get_logger().fatal(f"physics failed: {type(error).__name__}: {error}")
            rclpy.try_shutdown()

    def _on_order(self, trajectory: Trajectory, start: float | None) -> None:
        self._loop.submit(trajectory, start)

    def _on_finger_order(self, trajectory: Trajectory, start: float | None) -> None:
        self._loop.submit_fingers(trajectory, start)

    def _on_camera(self, problem: str | None) -> None:
        if problem is None:
            self._health.ok("camera", "rendering")
        else:
            self._health.error("camera", problem)

    def _on_visit(self, what: str, touched: bool) -> None:
        (self._health.error if touched else self._health.ok)("intruder", what)


def main(args: list[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM; 0 then, 1 when physics failed, 2 for parameters that cannot be used."""
    nodes: list[SimNode] = []

    def make() -> SimNode:
        nodes.append(SimNode())
        return nodes[0]

    code = run(make, args)
    return code or int(any(node.physics_failed for node in nodes))


if __name__ == "__main__":
    sys.exit(main())
