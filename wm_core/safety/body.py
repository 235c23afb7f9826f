"""Where the spheres around an arm are, for many joint positions at once. Written apart from what the planner uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wm_core.config import ConfigError, RobotConfig

if TYPE_CHECKING:
    from wm_core.kinematics.urdf_arm import JointChain


class Body:
    """The `body` of a robot file. P spheres, in the order of the joints that carry them.

    radii: (P,) m. levers: (J,) m, no middle of a sphere is ever farther than this from the axis of that joint.
    """

    def __init__(self, robot: RobotConfig, chain: JointChain) -> None:
        """Raises `ConfigError` for a robot whose body is not known."""
        if not robot.body:
            raise ConfigError(f"robot '{robot.name}' has no body: there is nothing to keep clear of obstacles")
        carried = [[sphere for sphere in robot.body if sphere.joint == name] for name in robot.joint_names]
        self.spheres = tuple(sphere for part in carried for sphere in part)
        self.radii = np.array([sphere.radius for sphere in self.spheres])
        self._offsets = [np.array([sphere.offset for sphere in part]).reshape(-1, 3) for part in carried]
        self.levers = _levers(chain, self._offsets)
        self._places, fixed = chain.placements[:-1, :3, 3], chain.placements[:-1, :3, :3]
        cross = np.stack([_cross(axis) for axis in chain.axes])
        # Rodrigues' formula, behind the fixed turn before each joint: (J, 3, 3) times 1, sin and 1 - cos of its angle.
        self._fixed, self._sine, self._rest = fixed, fixed @ cross, fixed @ cross @ cross

    def positions(self, joints: np.ndarray) -> np.ndarray:
        """joints: (R, J) rad -> (R, P, 3) m, the middles of the spheres in the base frame."""
        sine, rest = (values.T[..., None, None] for values in (np.sin(joints), 1.0 - np.cos(joints)))
        turns = self._fixed[:, None] + sine * self._sine[:, None] + rest * self._rest[:, None]  # (J, R, 3, 3)
        turn, place = np.eye(3), np.zeros(3)
        found = []
        for way, joint, offsets in zip(self._places, turns, self._offsets):
            place, turn = place + turn @ way, turn @ joint
            if len(offsets):
                found.append(place[:, None] + offsets @ turn.transpose(0, 2, 1))
        return np.concatenate(found, axis=1)


def _levers(chain: JointChain, offsets: list[np.ndarray]) -> np.ndarray:
    """Lengths along the chain, added up from each joint to the sphere that is farthest from it."""
    lengths = np.linalg.norm(chain.placements[:-1, :3, 3], axis=1)  # (J,), before each joint
    reach, levers = 0.0, []
    for length, part in zip(lengths[::-1], offsets[::-1]):
        own = np.linalg.norm(part, axis=1).max(initial=0.0)
        reach = max(reach, float(own))
        levers.append(reach)
        reach += float(length)
    return np.array(levers[::-1])


def _cross(axis: np.ndarray) -> np.ndarray:
    """axis: (3,) -> (3, 3), the matrix of its cross product."""
    x, y, z = axis
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
