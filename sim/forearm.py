"""A forearm that may reach into the scene."""

from __future__ import annotations

from sim.quiet import quiet_output
from wm_core.types import Pose

with quiet_output():
    import pybullet
    from pybullet_utils.bullet_client import BulletClient

RADIUS, LENGTH = 0.045, 0.40  # m; length between the centres of its round ends
_SKIN = (0.87, 0.66, 0.52, 1.0)


class Forearm:
    """A capsule along its own z axis. Cameras see it, nothing is moved by it; it is not there before it is put somewhere."""

    def __init__(self, client: BulletClient) -> None:
        self._client = client
        self._body: int | None = None
        self.pose: Pose | None = None

    def put(self, pose: Pose) -> None:
        """Its middle is there now."""
        if self._body is None:
            self._body = self._make()
        self._client.resetBasePositionAndOrientation(self._body, pose.position, pose.orientation)
        self.pose = pose

    def touched_by(self, body: int) -> bool:
        """Whether any link of another body of this PyBullet world overlaps it."""
        return self._body is not None and bool(self._client.getClosestPoints(body, self._body, 0.0))

    def _make(self) -> int:
        shape = self._client.createCollisionShape(pybullet.GEOM_CAPSULE, radius=RADIUS, height=LENGTH)
        visual = self._client.createVisualShape(pybullet.GEOM_CAPSULE, radius=RADIUS, length=LENGTH, rgbaColor=_SKIN)
        body = int(self._client.createMultiBody(0.0, shape, visual))
        self._client.setCollisionFilterGroupMask(body, -1, 0, 0)  # it pushes nothing
        return body
