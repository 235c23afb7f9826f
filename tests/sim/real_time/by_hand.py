"""What the real-time loop needs so that a test can drive it. Loaded by conftest.py (tests/ is not on the path)."""

from __future__ import annotations

import numpy as np

from sim.arm import SimArm
from sim.live_camera import LiveCamera
from sim.pacing import StampClock
from sim.real_time import Rates, RealTimeLoop
from sim.render_process import RendererDied
from sim.scene import Scene, SceneState
from sim.visitor import Visitor
from wm_core.types import Frame, JointState, Pose


class Recorder:
    """Implements `Outputs` and keeps everything."""

    def __init__(self) -> None:
        self.stamps: list[float] = []
        self.states: list[JointState] = []
        self.poses: list[float] = []
        self.texts: list[str] = []
        self.watched = False

    def clock(self, stamp: float) -> None:
        self.stamps.append(stamp)

    def joints(self, arm: JointState, fingers: np.ndarray, finger_velocity: np.ndarray) -> None:
        assert fingers.shape == finger_velocity.shape == (2,)
        self.states.append(arm)

    def truth(self, tool: Pose, part: Pose, stamp: float) -> None:
        self.poses.append(stamp)

    def frame(self, frame: Frame, camera: int) -> None:
        raise AssertionError("nothing is drawn here")

    def wanted(self, camera: int) -> bool:
        return camera == 0 or self.watched

    def rejected(self, reason: str) -> None:
        self.texts.append(reason)

    def warn(self, text: str) -> None:
        self.texts.append(text)


class Renderer:
    """Has the interface of `RenderProcess`; draws nothing and breaks on demand."""

    def __init__(self) -> None:
        self.requests: list[float] = []
        self.asked: list[tuple[int, ...]] = []
        self.busy = False
        self.broken = False
        self.closed = False

    @property
    def cameras(self) -> list[int]:
        """Of every picture, in the order in which they are drawn."""
        return [camera for cameras in self.asked for camera in cameras]

    def stamps(self, camera: int) -> list[float]:
        """s, of the pictures of this camera."""
        return [stamp for stamp, cameras in zip(self.requests, self.asked) if camera in cameras]

    def request(self, state: SceneState, stamp: float, cameras: tuple[int, ...] = (0,)) -> bool:
        if not self.busy:
            self.requests.append(stamp)
            self.asked.append(cameras)
        return not self.busy

    def poll(self, timeout: float = 0.0) -> Frame | None:
        if self.broken:
            raise RendererDied("the renderer broke")
        return Frame(np.zeros((2, 2, 3), np.uint8), self.requests[-1])

    def close(self) -> None:
        self.closed = True


class SlowRenderer(Renderer):
    """Is busy for `ticks` a picture, which `tick` counts."""

    def __init__(self, ticks: int) -> None:
        super().__init__()
        self._ticks, self._left = ticks, 0

    def request(self, state: SceneState, stamp: float, cameras: tuple[int, ...] = (0,)) -> bool:
        taken = super().request(state, stamp, cameras)
        if taken:
            self.busy, self._left = True, self._ticks * len(cameras)
        return taken

    def tick(self) -> None:
        self._left -= 1
        self.busy = self._left > 0


def loop_of(
    scene: Scene,
    renderer: Renderer,
    outputs: Recorder,
    visitor: Visitor | None = None,
    arm: SimArm | None = None,
    rates: Rates = Rates(),
) -> RealTimeLoop:
    scene.reset(0)
    camera = LiveCamera(lambda: renderer, lambda problem: None)  # type: ignore[arg-type, return-value]
    return RealTimeLoop(arm or SimArm(scene), camera, outputs, StampClock(simulated=True), rates, visitor)
