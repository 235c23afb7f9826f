"""Runs the simulated arm at the pace of the clock on the wall and hands out what a driver would publish."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sim.arm import SimArm
from sim.controller import TrajectoryRejected
from sim.hand import SimHand
from sim.live_camera import LiveCamera
from sim.pacing import Schedule, StampClock
from sim.shutters import Shutters
from sim.visitor import Visitor
from wm_core.types import Frame, JointState, Pose, Trajectory

_LONGEST_CATCH_UP = 1.0  # s of physics in one go; beyond it the machine slept, and the arm slept with it


class Outputs(Protocol):
    """Where the loop's results go; called in the loop's thread, so it must not block."""

    def clock(self, stamp: float) -> None: ...

    def joints(self, arm: JointState, fingers: np.ndarray, finger_velocity: np.ndarray) -> None: ...

    def truth(self, tool: Pose, part: Pose, stamp: float) -> None: ...

    def frame(self, frame: Frame, camera: int) -> None: ...

    def wanted(self, camera: int) -> bool: ...

    def rejected(self, reason: str) -> None: ...

    def warn(self, text: str) -> None: ...


@dataclass(frozen=True)
class Rates:
    """Hz. Everything happens on a tick, so no rate is higher than that of the joints."""

    joints: float = 100.0
    camera: float = 20.0
    watch_camera: float = 10.0
    tool_pose: float = 50.0


@dataclass(frozen=True)
class _Order:
    """fingers: whether it is theirs. start: stamp of its time 0, None for when it came. came: s, monotonic."""

    fingers: bool
    trajectory: Trajectory
    start: float | None
    came: float


class RealTimeLoop:
    """`run` it in a thread of its own; `submit` from any other."""

    def __init__(
        self,
        arm: SimArm,
        camera: LiveCamera,
        outputs: Outputs,
        clock: StampClock,
        rates: Rates,
        visitor: Visitor | None = None,
    ) -> None:
        """camera: draws both cameras, 0 the planner's and 1 the watch camera."""
        self._arm, self._camera, self._outputs, self._clock = arm, camera, outputs, clock
        self._hand = SimHand(arm.scene)
        self._inbox: deque[_Order] = deque(maxlen=16)
        self._tick = 1.0 / rates.joints
        self._shutters = Shutters(rates.camera, rates.watch_camera, arm.now, self._tick / 2.0)
        self._asked: deque[int] = deque()  # the cameras whose pictures are being drawn, in that order
        self._visitor = visitor
        self._pose = Schedule(1.0 / rates.tool_pose, arm.now)
        self._refused = 0

    def submit(self, trajectory: Trajectory, start: float | None) -> None:
        """Hands over a trajectory, which is joined at this moment. start: stamp of its time 0, None for 'now'."""
        self._inbox.append(_Order(False, trajectory, start, time.monotonic()))

    def submit_fingers(self, trajectory: Trajectory, start: float | None) -> None:
        """As `submit`, for the fingers."""
        self._inbox.append(_Order(True, trajectory, start, time.monotonic()))

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        last = time.monotonic()
        ticks = Schedule(self._tick, last)
        while not stop.is_set():
            now = time.monotonic()
            self.tick(now - last)
            last = now
            ticks.done(now)
            self._rest(ticks.next, stop)

    def tick(self, elapsed: float) -> None:
        """Lets `elapsed` s pass, then hands out what is due: once, however long it was."""
        arm = self._arm
        self._hand.drive(arm.now + self._tick)  # once a tick is often enough for fingers, which are slow
        if self._advance(min(elapsed, _LONGEST_CATCH_UP)) == 0:
            return  # right after a tick that was late: there is no new state, and no stamp may come twice
        self._report_refused()
        drift = self._clock.correct(arm.now)
        if drift:
            self._outputs.warn(f"stamps follow the wall clock: {drift:+.3f} s")
        if self._visitor is not None:
            self._visitor.tick(arm.now)
        stamp = self._clock.stamp(arm.now)
        self._outputs.clock(stamp)  # first: nobody should see a stamp from the future
        self._outputs.joints(arm.scene.read(stamp), *arm.scene.fingers())
        self._look(stamp)
        if self._pose.due(arm.now, self._tick / 2.0):
            self._pose.done(arm.now, self._tick / 2.0)
            self._outputs.truth(arm.scene.tool_pose(), arm.scene.part_pose(), stamp)

    def _advance(self, elapsed: float) -> int:
        """Lets it pass, and joins what came meanwhile when it came: a tick is longer than a controller is late. -> steps."""
        now, left, steps = time.monotonic(), elapsed, 0
        while self._inbox:
            order = self._inbox.popleft()
            until = min(max(left - (now - order.came), 0.0), left)
            steps += self._arm.advance(until)
            left -= until
            self._take(order)
        return steps + self._arm.advance(left)

    def _take(self, order: _Order) -> None:
        begin = None if order.start is None else self._clock.arm_time(order.start)
        try:
            if order.fingers:
                self._hand.send(order.trajectory, self._arm.now, begin)
            else:
                self._arm.send(order.trajectory, begin)
                if self._visitor is not None:
                    self._visitor.begin(self._arm.now)
        except TrajectoryRejected as error:
            self._outputs.rejected(str(error))

    def _report_refused(self) -> None:
        if self._arm.refused_setpoints > self._refused:
            self._outputs.warn("the trajectory has set-points that are not finite: the servos keep their targets")
        self._refused = self._arm.refused_setpoints

    def _look(self, stamp: float) -> None:
        due = self._shutters.due(self._arm.now)
        if not due:
            return
        cameras = tuple(camera for camera in due if self._outputs.wanted(camera))
        # While the renderer is busy the pictures stay due, and are asked for with a newer state.
        if cameras and not self._camera.request(self._arm.scene.state(), stamp, cameras):
            return
        self._asked = deque(cameras)
        self._shutters.done(due, self._arm.now)

    def _rest(self, until: float, stop: threading.Event) -> None:
        while not stop.is_set():
            remaining = until - time.monotonic()
            if remaining <= 0.0:
                return
            if not self._camera.waiting:
                stop.wait(remaining)
                continue
            frame = self._camera.poll(remaining)
            if frame is not None:
                self._outputs.frame(frame, self._asked.popleft())
