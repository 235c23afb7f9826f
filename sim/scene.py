"""The simulated workplace: a Franka Panda on a table with a cube, stepped by PyBullet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pybullet_data

from sim.forearm import Forearm
from sim.light_panda import light_panda
from sim.look import Look
from sim.obstacles import Obstacles
from sim.part import Part
from sim.quiet import quiet_output
from sim.texture import TableTexture
from wm_core.types import JointState, Pose

with quiet_output():
    import pybullet
    from pybullet_utils.bullet_client import BulletClient

ARM_JOINTS = tuple(f"panda_joint{number}" for number in range(1, 8))
FINGER_JOINTS = ("panda_finger_joint1", "panda_finger_joint2")
TOOL_LINK = "panda_grasptarget"
PHYSICS_STEP = 1.0 / 240.0  # s

_HOME = np.array([0.0, -0.215, 0.0, -2.57, 0.0, 2.356, 0.785])
_FINGERS = 0.02  # m, each
_FINGER_SPEED = 0.1  # m/s, each: from open to shut in two model steps
_FINGER_FORCE = 30.0  # N
_EFFORT = [87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0]  # N m, the maker's
_CUBE_AREA = ((0.35, -0.25), (0.65, 0.25))  # m, corners of where the cube is put


@dataclass(frozen=True, eq=False)
class SceneState:
    """All that moves in a picture of the scene: joints (7,) rad, fingers (2,) m, the cube's pose.

    forearm: None leaves it where it is.
    """

    joints: np.ndarray
    fingers: np.ndarray
    cube: Pose
    forearm: Pose | None = None


class Scene:
    """One PyBullet world. The base frame of the arm is the world frame; the table top is at z = 0."""

    def __init__(self, gui: bool = False, arm: Path | None = None) -> None:
        """arm: a URDF of the Panda, by default the one that is drawn fast.

        Raises `RuntimeError` when a window is asked for and there is no display.
        """
        try:
            with quiet_output():
                self.client = BulletClient(pybullet.GUI if gui else pybullet.DIRECT)
        except pybullet.error as error:
            raise RuntimeError(f"PyBullet could not open a window ({error}); is there a display?") from error
        self.client.setAdditionalSearchPath(pybullet_data.getDataPath())
        self.client.setTimeStep(PHYSICS_STEP)
        self.client.setGravity(0.0, 0.0, -9.81)
        self.client.loadURDF("plane.urdf", [0.0, 0.0, -0.625])
        self.client.loadURDF("table/table.urdf", [0.5, 0.0, -0.625], useFixedBase=True)
        self._arm = self.client.loadURDF(str(arm or light_panda(urdf_path())), useFixedBase=True)
        self._table = self._arm - 1
        self._table_texture = TableTexture(self.client, self._table)
        self._index_joints()
        self.obstacles = Obstacles(self.client, self._arm)
        self.forearm = Forearm(self.client)
        self._finger_target = _FINGERS
        self.look = Look()
        self.part = Part()
        self._cube = self.part.load(self.client)
        self.reset(0)

    def load(self, part: Part, look: Look) -> None:
        """Another part on the table, in another light; the part lies where the last one lay."""
        pose = self.part_pose()
        self.client.removeBody(self._cube)
        self._cube = part.load(self.client)
        self.put_part(pose)
        self.client.changeVisualShape(self._table, -1, rgbaColor=[*look.table, 1.0])
        self._table_texture.wear(look.stain)
        self.part, self.look = part, look

    def reset(self, seed: int) -> None:
        """Puts the arm at home, at rest, and the cube where `seed` says."""
        random = np.random.default_rng([seed, 1])
        lower, upper = _CUBE_AREA
        turn = random.uniform(-np.pi / 4.0, np.pi / 4.0)
        position = np.array([*random.uniform(lower, upper), 0.5 * self.part.size])
        orientation = np.array(self.client.getQuaternionFromEuler([0.0, 0.0, turn]))
        self.set_state(SceneState(_HOME, np.full(2, _FINGERS), Pose(position, orientation)))

    def state(self) -> SceneState:
        """What a picture taken now would depend on."""
        fingers = np.array([row[0] for row in self.client.getJointStates(self._arm, self._fingers)])
        return SceneState(self.read(0.0).position, fingers, self.part_pose(), self.forearm.pose)

    def set_state(self, state: SceneState) -> None:
        """Teleports everything there, at rest."""
        for index, value in zip(self._joints + self._fingers, [*state.joints, *state.fingers]):
            self.client.resetJointState(self._arm, index, value)
        self.put_part(state.cube)
        if state.forearm is not None:
            self.forearm.put(state.forearm)
        self._finger_target = float(np.mean(state.fingers))
        self.set_joint_targets(state.joints)

    def part_pose(self) -> Pose:
        """Ground truth of the part's centre."""
        position, orientation = self.client.getBasePositionAndOrientation(self._cube)
        return Pose(np.array(position), np.array(orientation))

    def put_part(self, pose: Pose) -> None:
        """Teleports the part alone, at rest."""
        self.client.resetBasePositionAndOrientation(self._cube, pose.position, pose.orientation)

    def read(self, stamp: float) -> JointState:
        """The arm's seven joints, measured now; `stamp` is the caller's clock."""
        rows = self.client.getJointStates(self._arm, self._joints)
        return JointState(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]), stamp)

    def fingers(self) -> tuple[np.ndarray, np.ndarray]:
        """Finger positions (2,) m and velocities (2,) m/s."""
        rows = self.client.getJointStates(self._arm, self._fingers)
        return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    def set_opening(self, opening: float) -> None:
        """m between the fingers, from the next set-point of the joints on; they press on what is in between."""
        self._finger_target = 0.5 * opening

    @property
    def opening_target(self) -> float:
        """m between the fingers that they are driven to."""
        return 2.0 * self._finger_target

    def tool_velocity(self) -> np.ndarray:
        """(3,) m/s, ground truth of the tool link."""
        row = self.client.getLinkState(self._arm, self._tool, computeLinkVelocity=True, computeForwardKinematics=True)
        return np.array(row[6])

    def touches(self) -> list[tuple[int, np.ndarray]]:
        """What presses on the part: the arm's link and the force (3,) N on the part, one row a contact point."""
        points = self.client.getContactPoints(self._arm, self._cube)
        # PyBullet's normal points from the part to the arm.
        return [(point[3], -point[9] * np.array(point[7])) for point in points if point[9] > 0.0]

    def tool_pose(self) -> Pose:
        """Ground truth of the tool link."""
        row = self.client.getLinkState(self._arm, self._tool, computeForwardKinematics=True)
        return Pose(np.array(row[4]), np.array(row[5]))

    def set_joint_targets(self, positions: np.ndarray, velocities: np.ndarray | None = None) -> None:
        """Set-points of the joint servos until the next call; positions (7,) rad, velocities (7,) rad/s."""
        self.client.setJointMotorControlArray(
            self._arm,
            self._joints,
            pybullet.POSITION_CONTROL,
            targetPositions=list(positions),
            targetVelocities=list(np.zeros(7) if velocities is None else velocities),
            positionGains=[0.4] * 7,
            velocityGains=[1.0] * 7,
            forces=_EFFORT,
        )
        for finger in self._fingers:
            self.client.setJointMotorControl2(
                self._arm,
                finger,
                pybullet.POSITION_CONTROL,
                targetPosition=self._finger_target,
                force=_FINGER_FORCE,
                maxVelocity=_FINGER_SPEED,
            )

    def arm_touches_forearm(self) -> bool:
        """Whether any link of the arm overlaps it."""
        return self.forearm.touched_by(self._arm)

    def advance(self, steps: int = 1) -> None:
        """Steps physics by `steps` times `PHYSICS_STEP`."""
        for _ in range(steps):
            self.client.stepSimulation()

    def close(self) -> None:
        """Disconnects; the scene is of no use afterwards."""
        self.client.disconnect()

    def _index_joints(self) -> None:
        rows = [self.client.getJointInfo(self._arm, index) for index in range(self.client.getNumJoints(self._arm))]
        joints = {row[1].decode(): row[0] for row in rows}
        links = {row[12].decode(): row[0] for row in rows}
        self._joints = [joints[name] for name in ARM_JOINTS]
        self._fingers = [joints[name] for name in FINGER_JOINTS]
        self.finger_links = tuple(self._fingers)  # in PyBullet a link has the number of its joint
        self._couple_fingers()
        self._tool = links[TOOL_LINK]

    def _couple_fingers(self) -> None:
        # Two servos that know nothing of each other would let what they hold slide from side to side in the hand.
        axis, origin = [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        gear = self.client.createConstraint(
            self._arm, self._fingers[0], self._arm, self._fingers[1], pybullet.JOINT_GEAR, axis, origin, origin
        )
        self.client.changeConstraint(gear, gearRatio=-1, erp=0.1, maxForce=50)


def urdf_path() -> Path:
    """The Panda's URDF among PyBullet's own models."""
    return Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
