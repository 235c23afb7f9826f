"""Forward and inverse kinematics of one arm from its URDF (Pinocchio), and the chain that torch code batches over."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pinocchio as pin

from wm_core.config import RobotConfig
from wm_core.types import Pose


# Pinocchio's names for the joints of a URDF.
_UNIT_AXES = {"RX": (1, 0, 0), "RY": (0, 1, 0), "RZ": (0, 0, 1)}
_OTHER_AXIS = "RevoluteUnaligned"
_KINDS = {"RU": "continuous", "RevoluteUnbounded": "continuous", "Planar": "planar", "P": "prismatic", "FreeFlyer": "floating"}


class KinematicsError(ValueError):
    """The URDF does not fit the configured arm."""


class UnreachableError(ValueError):
    """No joint position inside the limits brings the tool there."""


@dataclass(frozen=True, eq=False)
class JointChain:
    """The arm as numbers, for batched kinematics elsewhere.

    placements: (J + 1, 4, 4), fixed transform before each joint, the last one from the last joint to the tool;
    axes: (J, 3) rotation axis of each joint in its own frame.
    """

    placements: np.ndarray
    axes: np.ndarray


class _Scratch(threading.local):
    """Where Pinocchio leaves what it has computed. Each thread has its own: two of them would read each other's poses."""

    def __init__(self, model: pin.Model) -> None:
        self.data = model.createData()


class UrdfArm:
    """A serial arm of revolute joints; joints that are not planned for (fingers) are locked at zero.

    Several threads may ask it at once.
    """

    def __init__(
        self, urdf: str, joint_names: tuple[str, ...], tool_link: str, base_link: str | None = None
    ) -> None:
        """urdf: the XML text. base_link: whose frame poses are in, None for the root link's.

        Raises `KinematicsError` naming what is missing, the joint that is not revolute, or a base that the arm moves.
        """
        self._model = _reduced_model(urdf, joint_names)
        if base_link is not None:
            _rebase(self._model, base_link)
        self._scratch = _Scratch(self._model)
        self._order = np.array([self._model.joints[self._model.getJointId(name)].idx_q for name in joint_names])
        self._tool = _link(self._model, tool_link, "tool link")
        self.joint_names = tuple(joint_names)
        self.lower = self._model.lowerPositionLimit[self._order].copy()
        self.upper = self._model.upperPositionLimit[self._order].copy()
        self.velocity = self._model.velocityLimit[self._order].copy()
        _check_limits(self)

    def forward(self, joints: np.ndarray) -> Pose:
        """joints: (J,) rad -> tool pose in the base frame."""
        data = self._scratch.data
        pin.framesForwardKinematics(self._model, data, self._to_model(joints))
        placement = data.oMf[self._tool]
        return Pose(placement.translation.copy(), pin.Quaternion(placement.rotation).coeffs().copy())

    def jacobian(self, joints: np.ndarray) -> np.ndarray:
        """joints: (J,) -> (6, J), linear rows first, axes of the base frame."""
        jacobian = pin.computeFrameJacobian(
            self._model, self._scratch.data, self._to_model(joints), self._tool, pin.LOCAL_WORLD_ALIGNED
        )
        return jacobian[:, self._order]

    def inverse(self, pose: Pose, seed: np.ndarray, tolerance: float = 1e-4, iterations: int = 200) -> np.ndarray:
        """Damped least squares from `seed` (J,), kept inside the limits at every step.

        Without an orientation in `pose` the one at `seed` is free to change. Raises `UnreachableError`.
        """
        joints = np.clip(np.asarray(seed, dtype=float), self.lower, self.upper)
        for _ in range(iterations):
            error = self._error(joints, pose)
            if np.linalg.norm(error) < tolerance:
                return joints
            jacobian = self.jacobian(joints)[: len(error)]
            damped = jacobian @ jacobian.T + 1e-4 * np.eye(len(error))
            change = jacobian.T @ np.linalg.solve(damped, error)
            change *= min(1.0, 0.3 / max(np.abs(change).max(), 1e-9))
            joints = np.clip(joints + change, self.lower, self.upper)
        raise UnreachableError(
            f"no joint position reaches {np.round(pose.position, 3).tolist()} m; "
            f"the closest is {np.linalg.norm(self._error(joints, pose)[:3]):.3f} m away"
        )

    def chain(self) -> JointChain:
        """The same arm for batched kinematics. Raises `KinematicsError` where its joints branch."""
        ids = [self._model.getJointId(name) for name in self.joint_names]
        if any(self._model.parents[joint] != parent for joint, parent in zip(ids, [0, *ids])):
            raise KinematicsError(f"joints {list(self.joint_names)} are not one serial chain: expected them in order from base to tool")
        placements = [self._model.jointPlacements[joint].homogeneous for joint in ids]
        axes = [_axis(self._model.joints[joint]) for joint in ids]
        return JointChain(np.stack([*placements, self._model.frames[self._tool].placement.homogeneous]), np.stack(axes))

    def _to_model(self, joints: np.ndarray) -> np.ndarray:
        ordered = np.empty(self._model.nq)
        ordered[self._order] = joints
        return ordered

    def _error(self, joints: np.ndarray, pose: Pose) -> np.ndarray:
        now = self.forward(joints)
        position = pose.position - now.position
        if pose.orientation is None:
            return position
        turn = pin.Quaternion(*_wxyz(pose.orientation)) * pin.Quaternion(*_wxyz(now.orientation)).inverse()
        return np.concatenate([position, pin.log3(turn.normalized().toRotationMatrix())])


def load_arm(robot: RobotConfig, urdf: str | None = None) -> UrdfArm:
    """The configured arm; `urdf` (XML text, from /robot_description say) wins over the configured file."""
    return UrdfArm(urdf if urdf is not None else read_urdf(robot), robot.joint_names, robot.tool_link, robot.base_link)


def read_urdf(robot: RobotConfig) -> str:
    """The XML text of the configured URDF. Raises `KinematicsError`."""
    if robot.urdf is None:
        raise KinematicsError(f"robot '{robot.name}' names no urdf, and no robot description was received")
    path = Path(robot.urdf)
    if robot.urdf.startswith("pybullet:"):
        path = _pybullet_data() / robot.urdf.removeprefix("pybullet:")
    try:
        return path.read_text()
    except OSError as error:
        raise KinematicsError(f"robot '{robot.name}': cannot read urdf {path}: {error.strerror}") from error


def _pybullet_data() -> Path:
    # The files alone: importing pybullet into the guard process would be a dependency on the simulator.
    from importlib.util import find_spec

    spec = find_spec("pybullet_data")
    if spec is None or not spec.submodule_search_locations:
        raise KinematicsError("the urdf is one of pybullet's, and pybullet is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def _reduced_model(urdf: str, joint_names: tuple[str, ...]) -> pin.Model:
    try:
        model = pin.buildModelFromXML(urdf)
    except Exception as error:  # Pinocchio raises bare RuntimeError and ValueError from C++
        raise KinematicsError(f"the URDF cannot be parsed: {error}") from error
    known = list(model.names)[1:]
    missing = [name for name in joint_names if name not in known]
    if missing:
        raise KinematicsError(f"joints {missing} are not in the URDF; it has: {', '.join(known)}")
    for name in joint_names:
        _require_revolute(model.joints[model.getJointId(name)], name)
    locked = [model.getJointId(name) for name in known if name not in joint_names]
    return pin.buildReducedModel(model, locked, pin.neutral(model))


def _link(model: pin.Model, name: str, what: str) -> int:
    if not model.existFrame(name):
        links = ", ".join(frame.name for frame in model.frames if frame.type == pin.FrameType.BODY)
        raise KinematicsError(f"{what} '{name}' is not in the URDF; it has: {links}")
    return model.getFrameId(name)


def _rebase(model: pin.Model, base_link: str) -> None:
    """In place: poses are told in the frame of `base_link`, as where an arm stands on a pedestal in a `world`."""
    base = model.frames[_link(model, base_link, "base link")]
    if base.parentJoint != 0:
        mover = model.names[base.parentJoint]
        raise KinematicsError(f"base link '{base_link}' is moved by joint '{mover}': expected a link before the first joint")
    back = base.placement.inverse()
    for joint in range(1, model.njoints):
        if model.parents[joint] == 0:
            model.jointPlacements[joint] = back * model.jointPlacements[joint]
    for frame in model.frames:
        if frame.parentJoint == 0:
            frame.placement = back * frame.placement


def _check_limits(arm: UrdfArm) -> None:
    for row, name in enumerate(arm.joint_names):
        low, high, speed = arm.lower[row], arm.upper[row], arm.velocity[row]
        if not (np.isfinite([low, high, speed]).all() and low < high and speed > 0.0):
            raise KinematicsError(
                f"joint '{name}' has no usable limits in the URDF: position [{low}, {high}] rad, velocity {speed} rad/s"
            )


def _require_revolute(joint: pin.JointModel, name: str) -> None:
    kind = joint.shortname().removeprefix("JointModel")
    if kind in _UNIT_AXES or kind == _OTHER_AXIS:
        return
    # A continuous joint has two numbers, cosine and sine, whose limits are not those of an angle.
    told = next((word for start, word in _KINDS.items() if kind.startswith(start)), kind)
    raise KinematicsError(
        f"joint '{name}' is {told}: expected a revolute joint with limits, <joint name=\"{name}\" type=\"revolute\"> "
        'with <limit lower="..." upper="..." velocity="..."/>'
    )


def _axis(joint: pin.JointModel) -> np.ndarray:
    unit = _UNIT_AXES.get(joint.shortname().removeprefix("JointModel"))
    return np.array(joint.extract().axis if unit is None else unit, dtype=float)


def _wxyz(xyzw: np.ndarray) -> tuple[float, float, float, float]:
    x, y, z, w = (float(value) for value in xyzw)
    return w, x, y, z
