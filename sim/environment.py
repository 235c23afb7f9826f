"""The tabletop as a task that its caller steps: data collection, evaluation and tests run on it."""

from __future__ import annotations

import numpy as np

from sim.arm import SimArm
from sim.camera import SceneCamera
from sim.scene import Scene, SceneState
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.resources import find_robot
from wm_core.types import Goal, Observation, Pose, Trajectory

# Where starts and goals are drawn, m. Above the cube: reaching is about the arm.
REACH_LOWER = np.array([0.35, -0.25, 0.10])
REACH_UPPER = np.array([0.65, 0.25, 0.40])
REACH_DISTANCE = (0.15, 0.45)  # m, from start to goal


class PandaTabletop:
    """Implements `wm_core.protocols.Environment` with the reach task."""

    def __init__(self, image_size: int = 128, gui: bool = False) -> None:
        self.robot = find_robot("panda")
        self.kinematics = load_arm(self.robot)
        self._scene = Scene(gui)
        self._camera = SceneCamera(image_size, image_size)
        self._goal_position: np.ndarray | None = None
        self._start_again()

    def reset(self, seed: int) -> Observation:
        """A fresh cube and start pose from `seed`; the last goal is forgotten."""
        self._scene.reset(seed)
        random = np.random.default_rng([seed, 2])
        start = self._joints_at(random.uniform(REACH_LOWER, REACH_UPPER))
        state = self._scene.state()
        self._scene.set_state(SceneState(start, state.fingers, state.cube))
        self._goal_position = None
        self._start_again()
        return self.observe()

    def sample_goal(self, seed: int, kind: str = "image") -> Goal:
        """15 to 45 cm from the tool; 'image', 'pose' or 'joints'. The scene is left as it was."""
        random = np.random.default_rng([seed, 3])
        here = self._scene.tool_pose().position
        while True:
            position = random.uniform(REACH_LOWER, REACH_UPPER)
            if REACH_DISTANCE[0] <= np.linalg.norm(position - here) <= REACH_DISTANCE[1]:
                break
        return self.goal_at(position, kind)

    def goal_at(self, position: np.ndarray, kind: str = "image") -> Goal:
        """The goal of having the tool at `position` (3,) m, told as 'image', 'pose' or 'joints'."""
        joints = self._joints_at(position)
        self._goal_position = np.array(position)
        if kind == "pose":
            return Goal(pose=Pose(np.array(position), np.array(self.robot.tool_orientation)))
        if kind == "joints":
            return Goal(joints=joints)
        if kind != "image":
            raise ValueError(f"goal kind '{kind}' is not known: expected 'image', 'pose' or 'joints'")
        return Goal(image=self._picture_with(joints))

    def step(self, joint_target: np.ndarray, duration: float) -> Observation:
        """Drives the joints to `joint_target` (7,) rad over `duration` s and looks."""
        target = np.asarray(joint_target, dtype=float)[None]
        self.arm.send(Trajectory(self.arm.joint_names, np.array([duration]), target))
        self.arm.advance(duration)
        return self.observe()

    def observe(self) -> Observation:
        """The scene as it is now."""
        joints = self.arm.read()
        return Observation(self._camera.render(self._scene), joints, joints.stamp)

    def tool_position(self) -> np.ndarray:
        """(3,) m, ground truth, for training targets of probes and for scoring."""
        return self._scene.tool_pose().position

    def distance(self) -> float:
        """m from the tool to the last sampled goal, ground truth."""
        if self._goal_position is None:
            raise RuntimeError("no goal was sampled since the last reset")
        return float(np.linalg.norm(self.tool_position() - self._goal_position))

    def close(self) -> None:
        """Frees the simulator."""
        self._scene.close()

    def _start_again(self) -> None:
        self.arm = SimArm(self._scene)

    def _joints_at(self, position: np.ndarray) -> np.ndarray:
        pose = Pose(np.asarray(position, dtype=float), np.array(self.robot.tool_orientation))
        return self.kinematics.inverse(pose, np.array(self.robot.home))

    def _picture_with(self, joints: np.ndarray) -> np.ndarray:
        # Not undone by a physics step in between: the servo targets return with the state.
        before = self._scene.state()
        self._scene.set_state(SceneState(joints, before.fingers, before.cube))
        picture = self._camera.render(self._scene)
        self._scene.set_state(before)
        return picture
