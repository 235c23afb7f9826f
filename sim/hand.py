"""The simulated fingers behind a joint-trajectory controller of their own."""

from __future__ import annotations

from sim.controller import TrajectoryController
from sim.scene import FINGER_JOINTS, Scene
from wm_core.types import Trajectory


class SimHand:
    """Both fingers of a scene. They are coupled, so what counts is how far they are told to be apart."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._controller = TrajectoryController(FINGER_JOINTS, [0.5 * scene.opening_target] * 2)

    def send(self, trajectory: Trajectory, now: float, start: float | None = None) -> None:
        """As `SimArm.send`; now: s, on the arm's clock. Raises `TrajectoryRejected`."""
        self._controller.accept(trajectory, now, start)

    def drive(self, now: float) -> None:
        """Gives the fingers' servos what is due at `now`."""
        self._scene.set_opening(float(self._controller.sample(now).position.sum()))
