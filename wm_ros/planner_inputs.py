"""The newest of everything the planner sees, filled by callbacks and read by the planning thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable

import numpy as np

from wm_core.gripper import Gripper
from wm_core.history import NotReady, ObservationHistory, StampError
from wm_core.types import JointState, MotionState, Observation, Trajectory
from wm_ros.command_tracker import CommandTracker
from wm_ros.finger_inputs import FingerInputs
from wm_ros.recent_frames import RecentFrames

_MOVING = 0.05
"""rad/s: below this an unchanging picture is what a working camera shows."""


class InputError(Exception):
    """An input is missing, stale or unusable; planning has to wait. part: whose fault it is, for /diagnostics."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(f"{part}: {message}")
        self.part = part
        self.message = message


class PlannerInputs:
    """Latest values, safe to use from several threads. `now` is on the clock of the stamps, `steady` never jumps; s."""

    def __init__(
        self,
        history: ObservationHistory,
        max_frame_age: float,
        max_state_age: float,
        frozen_after: float,
        gripper: Gripper | None = None,
        remember: float = 0.0,
    ) -> None:
        """gripper: whose opening belongs to an observation; then every joint state has to come with its fingers.

        remember: s for which frames are kept beside the history, for `frames`.
        """
        self.fingers = FingerInputs(gripper)
        self._recent = RecentFrames(remember)
        self._history = history
        self._max_age = {"camera": max_frame_age, "joint_states": max_state_age}
        self._frozen_after = frozen_after
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._answered.set()
        self._joints: deque[JointState] = deque(maxlen=256)
        self._received = {"camera": float("-inf"), "joint_states": float("-inf")}
        self._problems: dict[str, str] = {}
        self._changed_at = float("-inf")
        self._tracker = CommandTracker()
        self._on_frame: Callable[[float], None] = _nobody

    def listen(self, on_frame: Callable[[float], None] | None) -> None:
        """on_frame: told of each frame that is taken, when it came (s, steady); it must not wait. None: nobody is."""
        self._on_frame = on_frame or _nobody

    def add_joints(self, state: JointState, steady: float, fingers: JointState | None = None) -> None:
        """A joint state, and that of the fingers. One whose stamp goes back clears what was there."""
        with self._lock:
            if self._joints and state.stamp < self._joints[-1].stamp:
                self._joints.clear()
            self._joints.append(state)
            if fingers is not None:
                self.fingers.add(fingers)
            self._good("joint_states", steady)

    def add_image(self, image: np.ndarray, stamp: float, steady: float) -> None:
        """A frame, (H, W, 3) uint8 RGB. One that is out of order is refused and reported by `check`."""
        with self._lock:
            if not self._joints:
                return
            joints = min(self._joints, key=lambda state: abs(state.stamp - stamp))
            before = self._history.newest
            observation = Observation(image, joints, stamp, self.fingers.opening(stamp))
            try:
                self._history.add(observation)
            except StampError as error:
                self._problems["camera"] = str(error)
                return
            self._good("camera", steady)
            self._recent.add(observation)
            still = np.abs(joints.velocity).max() < _MOVING
            if still or before is None or not np.array_equal(before.image, image):
                self._changed_at = steady
        self._on_frame(steady)

    def refuse(self, part: str, message: str) -> None:
        """A message on `part` could not be used."""
        with self._lock:
            self._problems[part] = message

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
        """Raises `InputError` where something is missing or stale."""
        with self._lock:
            for part in ("joint_states", "camera"):
                self._check_part(part, now, steady)
            if steady - self._changed_at > self._frozen_after:
                raise InputError("camera", f"frozen: the same pixels for {steady - self._changed_at:.1f} s while the arm moves")

    def problems(self, now: float, steady: float) -> dict[str, str]:
        """What is wrong with each input, '' for nothing."""
        found = {}
        for part in ("joint_states", "camera"):
            try:
                with self._lock:
                    self._check_part(part, now, steady)
                found[part] = ""
            except InputError as problem:
                found[part] = problem.message
        return found

    def window(self) -> tuple[Observation, ...]:
        """What the model sees. Raises `InputError`."""
        with self._lock:
            try:
                # The arm was at rest before the first frames, so the oldest one may stand in for the past.
                return self._history.window(pad=True)
            except NotReady as error:
                raise InputError("camera", str(error)) from error

    def measured(self) -> JointState | None:
        """The newest joint state."""
        with self._lock:
            return self._joints[-1] if self._joints else None

    def commanded(self, now: float) -> MotionState | None:
        """What the controller commands at `now`, None while nothing is known."""
        with self._lock:
            return self._tracker.state(now, self._joints[-1] if self._joints else None)

    def frames(self) -> tuple[Observation, ...]:
        """What was seen of late, oldest first."""
        with self._lock:
            return self._recent.all()

    def moving(self, now: float) -> bool:
        """Whether the last command is still being executed."""
        with self._lock:
            return self._tracker.moving(now)

    def _good(self, part: str, steady: float) -> None:
        self._received[part] = steady
        self._problems.pop(part, None)

    def _check_part(self, part: str, now: float, steady: float) -> None:
        newest = self._history.newest if part == "camera" else self._joints[-1] if self._joints else None
        limit = self._max_age[part]
        silent = steady - self._received[part]
        if newest is None or silent > limit:
            # A message that came and was refused explains the silence better than the silence does.
            said = self._problems.get(part) or ("no message yet" if newest is None else f"no message for {silent:.1f} s")
            raise InputError(part, said)
        age = now - newest.stamp
        if not -limit <= age <= limit:
            raise InputError(part, f"stamp is {age:.2f} s old, expected at most {limit:.2f} s: do the clocks agree?")


def _nobody(steady: float) -> None:
    """Listens to no frame."""
