"""The workplace that tasks are set on: scene, arm, cameras and what can be asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sim.arm import SimArm
from sim.camera import CameraView, SceneCamera
from sim.felt import FeltMotion
from sim.look import Look
from sim.part import Part
from sim.scene import PHYSICS_STEP, Scene, SceneState
from wm_core.config import RobotConfig
from wm_core.kinematics.urdf_arm import UrdfArm
from wm_core.types import Command, Felt, Observation, Pose, Trajectory

OPEN = 0.08  # m between the fingers


class Bench:
    """A scene that its caller steps."""

    def __init__(self, robot: RobotConfig, kinematics: UrdfArm, views: tuple[CameraView, ...], size: int, gui: bool) -> None:
        """size: px, side of every picture."""
        self.robot, self.kinematics = robot, kinematics
        self.scene = Scene(gui)
        self._framing, self._size = views, size
        self.load(self.scene.part, self.scene.look)
        self.begin()

    def load(self, part: Part, look: Look) -> None:
        """Another part, another light, cameras a little off their place."""
        self.scene.load(part, look)
        self.views = tuple(_moved(view, look) for view in self._framing)
        self._cameras = [SceneCamera(self._size, self._size, view) for view in self.views]
        self._goal_cameras = list(self._cameras)

    def knock(self, view: CameraView) -> None:
        """Moves the first camera until the next `load`. Goal pictures were taken before: they know nothing of it."""
        self._cameras[0] = SceneCamera(self._size, self._size, view)

    def begin(self) -> None:
        """The arm forgets what it was doing; call it after the scene was put somewhere."""
        self.arm = SimArm(self.scene)
        self.felt = Felt(np.zeros(3), 0.0)

    def place(self, tool: np.ndarray, opening: float, part: Pose) -> None:
        """Teleports: tool (3,) m, fingers `opening` m apart, the part there; at rest."""
        self.scene.set_state(self.state_with(tool, opening, part))
        self.begin()

    def state_with(self, tool: np.ndarray, opening: float, part: Pose) -> SceneState:
        """The state with the tool at `tool` (3,) m, pointing down."""
        return SceneState(self.joints_at(tool), np.full(2, 0.5 * opening), part)

    def joints_at(self, tool: np.ndarray) -> np.ndarray:
        """tool: (3,) m -> (7,) rad, pointing down. Raises `UnreachableError`."""
        pose = Pose(np.asarray(tool, dtype=float), np.array(self.robot.tool_orientation))
        return self.kinematics.inverse(pose, np.array(self.robot.home))

    def step(self, command: Command, duration: float, watch: Callable[[Bench], bool]) -> None:
        """Drives joints and fingers for `duration` s, and feels what it touches.

        watch: is called after every physics step; True ends it there.
        """
        if command.gripper:
            self.scene.set_opening(OPEN if command.gripper > 0 else 0.0)
        target = np.asarray(command.joints, dtype=float)[None]
        self.arm.send(Trajectory(self.arm.joint_names, np.array([duration]), target))
        motion = FeltMotion()
        for _ in range(round(duration / PHYSICS_STEP)):
            self.arm.advance(PHYSICS_STEP)
            motion.add(self.scene)
            if watch(self):
                break
        self.felt = motion.total()

    def observe(self) -> Observation:
        """The scene as it is now."""
        joints = self.arm.read()
        first, *others = [camera.render(self.scene) for camera in self._cameras]
        return Observation(first, joints, joints.stamp, float(self.scene.fingers()[0].sum()), tuple(others))

    def pictures_of(self, state: SceneState) -> list[np.ndarray]:
        """One a camera, of another state of the scene, which is left as it was."""
        # Not undone by a physics step in between: the servo targets return with the state.
        before, opening = self.scene.state(), self.scene.opening_target
        self.scene.set_state(state)
        pictures = [camera.render(self.scene) for camera in self._goal_cameras]
        self.scene.set_state(before)
        self.scene.set_opening(opening)
        return pictures


def _moved(view: CameraView, look: Look) -> CameraView:
    eye = tuple(float(a + b) for a, b in zip(view.eye, look.eye_shift))
    target = tuple(float(a + b) for a, b in zip(view.target, look.target_shift))
    return replace(view, eye=eye, target=target)
