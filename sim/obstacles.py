"""Things that stand on the table and must not be touched."""

from __future__ import annotations

import numpy as np

from sim.quiet import quiet_output
from wm_core.config import BoxConfig

with quiet_output():
    import pybullet
    from pybullet_utils.bullet_client import BulletClient

# Near the table's own: what a model has learned of the arm's looks is disturbed as little as an obstacle can.
_COLOUR = (0.62, 0.50, 0.38, 1.0)


class Obstacles:
    """Boxes that nothing can move."""

    def __init__(self, client: BulletClient, arm: int) -> None:
        """arm: PyBullet's number of the body whose touch counts."""
        self.boxes: tuple[BoxConfig, ...] = ()
        self._client, self._arm = client, arm
        self._bodies: list[int] = []

    def place(self, boxes: tuple[BoxConfig, ...]) -> None:
        """These instead of those that were there."""
        for body in self._bodies:
            self._client.removeBody(body)
        self.boxes, self._bodies = boxes, [self._add(box) for box in boxes]

    def touched(self) -> bool:
        """Whether any link of the arm pressed on one of them in the last physics step."""
        contacts = (self._client.getContactPoints(self._arm, body) for body in self._bodies)
        # PyBullet lists near misses too, with no force and a distance above 0.
        return any(point[8] <= 0.0 or point[9] > 0.0 for points in contacts for point in points)

    def overlapped(self) -> tuple[BoxConfig, ...]:
        """Those that some link of the arm is in or at now, whether physics was stepped or not."""
        inside = (bool(self._client.getClosestPoints(self._arm, body, 0.0)) for body in self._bodies)
        return tuple(box for box, overlaps in zip(self.boxes, inside) if overlaps)

    def _add(self, box: BoxConfig) -> int:
        lower, upper = np.array(box.lower), np.array(box.upper)
        half = 0.5 * (upper - lower)
        shape = self._client.createCollisionShape(pybullet.GEOM_BOX, halfExtents=half)
        visual = self._client.createVisualShape(pybullet.GEOM_BOX, halfExtents=half, rgbaColor=_COLOUR)
        return int(self._client.createMultiBody(0.0, shape, visual, 0.5 * (lower + upper)))
