"""The newest of everything the planner sees, filled by callbacks and read by the planning thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable

import numpy as np

from wm_core.gripper import Gripper
from wm_core.history import ObservationHistory
from wm_core.types import NOTHING_SEEN, JointState, MotionState, Observation, Trajectory
from wm_ros.camera_input import CameraInput
from wm_ros.command_tracker import CommandTracker
from wm_ros.finger_inputs import FingerInputs
from wm_ros.freshness import Freshness, InputError
from wm_ros.paired_views import PairedViews

CAMERA, WATCH_CAMERA, JOINTS = "camera", "watch_camera", "joint_states"


class PlannerInputs:
    """Latest values, safe to use from several threads. `now` is on the clock of the stamps, `steady` never jumps; s."""

    def __init__(
        self,
        history: ObservationHistory | None,
        max_frame_age: float,
        max_state_age: float,
        frozen_after: float,
        gripper: Gripper | None = None,
        remember: float = 0.0,
        watched: ObservationHistory | None = None,
        paired: PairedViews | None = None,
    ) -> None:
        """history: of what the camera shows, None where nobody looks: no camera is asked for then, joint states are enough.

        gripper: whose opening belongs to an observation; then every joint state has to come with its fingers.

        remember: s for which frames are kept beside the history, for `frames`. watched: of the watch camera, None where
        there is none; nothing is planned while one that there is does not see. paired: puts its pictures and the camera's
        together where the model sees through both, None where it does not.
        """
        self.fingers = FingerInputs(gripper)
        self._camera = None if history is None else CameraInput(CAMERA, history, max_frame_age, frozen_after, remember)
        self._cameras = {} if self._camera is None else {CAMERA: self._camera}
        if watched is not None:
            self._cameras[WATCH_CAMERA] = CameraInput(WATCH_CAMERA, watched, max_frame_age, frozen_after)
        self._paired = paired
        self._fresh_joints = Freshness(JOINTS, max_state_age)
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._answered.set()
        self._joints: deque[JointState] = deque(maxlen=256)
        self._tracker = CommandTracker()
        self._on_frame: Callable[[float], None] = _nobody
        self._on_watched: Callable[[float], None] = _nobody

    def listen(
        self, on_frame: Callable[[float], None] | None, on_watched: Callable[[float], None] | None = None
    ) -> None:
        """Who is told of each frame that can be planned on, when it came (s, steady), and must not wait. None: nobody is.

        Where the model sees through both cameras it is there once both have shown its moment. on_watched: of each frame of
        the watch camera.
        """
        self._on_frame, self._on_watched = on_frame or _nobody, on_watched or _nobody

    def add_joints(self, state: JointState, steady: float, fingers: JointState | None = None) -> None:
        """A joint state, and that of the fingers. One whose stamp goes back clears what was there."""
        with self._lock:
            if self._joints and state.stamp < self._joints[-1].stamp:
                self._joints.clear()
            self._joints.append(state)
            self._tracker.see(state.stamp, state)
            if fingers is not None:
                self.fingers.add(fingers)
            self._fresh_joints.came(steady)

    def add_image(self, image: np.ndarray, stamp: float, steady: float, part: str = CAMERA) -> None:
        """A frame of a camera, (H, W, 3) uint8 RGB. One that is out of order is refused and reported by `check`."""
        with self._lock:
            if not self._joints:
                return
            joints = min(self._joints, key=lambda state: abs(state.stamp - stamp))
            frame = Observation(image, joints, stamp, self.fingers.opening(stamp))
            taken = self._cameras[part].add(frame, steady)
            complete = taken and self._complete(frame, part)
        if taken and part == WATCH_CAMERA:
            self._on_watched(steady)
        if complete:
            self._on_frame(steady)

    def refuse(self, part: str, message: str) -> None:
        """A message on `part` could not be used."""
        with self._lock:
            (self._fresh_joints if part == JOINTS else self._cameras[part].fresh).refuse(message)

    def command(self, trajectory: Trajectory, now: float) -> None:
        """The guard sent this to the controller."""
        with self._lock:
            self._tracker.command(trajectory, now, self._joints[-1] if self._joints else None)
        self.answered()

    def proposed(self) -> None:
        """A proposal went out; what it changes is known when the guard has answered."""
        self._answered.clear()

    def answered(self) -> None:
        """The guard sent a command or refused."""
        self._answered.set()

    def await_answer(self, timeout: float) -> None:
        """Until the guard has answered the last proposal, or is not going to."""
        self._answered.wait(timeout)

    def check(self, now: float, steady: float) -> None:
        """Raises `InputError` where something is missing, stale or frozen."""
        with self._lock:
            self._check_joints(now, steady)
            for camera in self._cameras.values():
                camera.check(now, steady)
            if self._paired is not None:
                self._paired.check(now)

    def problems(self, now: float, steady: float) -> dict[str, str]:
        """What is wrong with each input, '' for nothing."""
        checks = {JOINTS: self._check_joints} | {part: camera.check_coming for part, camera in self._cameras.items()}
        found = {part: self._problem(check, now, steady) for part, check in checks.items()}
        if self._paired is not None and not any(found[part] for part in self._cameras):
            found[WATCH_CAMERA] = self._problem(self._paired.check, now)  # only where both come: else the silent one is named
        return found

    def window(self) -> tuple[Observation, ...]:
        """What the model sees; where nobody looks, the newest joint state alone. Raises `InputError`."""
        with self._lock:
            if self._camera is None:
                return (self._unseen(),)
            seen = self._camera.window()  # first, so that what this camera lacks is not laid to the other one
            return seen if self._paired is None else self._paired.window()

    def measured(self) -> JointState | None:
        """The newest joint state."""
        with self._lock:
            return self._joints[-1] if self._joints else None

    def commanded(self, now: float) -> MotionState | None:
        """What the controller commands at `now`, None while nothing is known."""
        with self._lock:
            return self._tracker.state(now, self._joints[-1] if self._joints else None)

    def frames(self) -> tuple[Observation, ...]:
        """What the model saw of late, oldest first."""
        with self._lock:
            seeing = self._paired or self._camera
            return () if seeing is None else seeing.frames()

    def watched(self) -> Observation | None:
        """What the watch camera saw last, as the `image`; None without one."""
        with self._lock:
            camera = self._cameras.get(WATCH_CAMERA)
            return None if camera is None else camera.newest

    def moving(self, now: float) -> bool:
        """Whether the last command is still being executed."""
        with self._lock:
            return self._tracker.moving(now)

    def _complete(self, frame: Observation, part: str) -> bool:
        """Whether there is with this frame a new one to plan on."""
        if self._paired is None:
            return part == CAMERA
        return self._paired.add(frame) if part == CAMERA else self._paired.add_other(frame)

    def _unseen(self) -> Observation:
        if not self._joints:
            raise InputError(JOINTS, "no message yet")
        newest = self._joints[-1]
        return Observation(NOTHING_SEEN, newest, newest.stamp, self.fingers.opening(newest.stamp))

    def _problem(self, check: Callable[..., None], *times: float) -> str:
        try:
            with self._lock:
                check(*times)
        except InputError as problem:
            return problem.message
        return ""

    def _check_joints(self, now: float, steady: float) -> None:
        self._fresh_joints.check(self._joints[-1].stamp if self._joints else None, now, steady)


def _nobody(steady: float) -> None:
    """Listens to no frame."""
