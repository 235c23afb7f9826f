"""Cuts what a camera and joints tell into episodes of moments that lie one model step apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wm_core.preprocess import preprocess_image
from wm_core.protocols import Kinematics
from wm_core.training.hdf5_shard import Episode
from wm_core.types import Observation

_TOO_LONG = 1.5  # times the longest action: a planner that keeps to that on average is faster in between
_FROZEN = 0.005  # m that the tool moves from one picture to the next, which cannot be the same one


@dataclass(frozen=True)
class Cut:
    """steps: actions of an episode; step: s between moments; camera_period: s, longest between two frames of a working camera.

    max_step: m, the longest action; image_size: side of the stored frames, px.
    """

    steps: int
    step: float
    camera_period: float
    max_step: float
    image_size: int


@dataclass(frozen=True, eq=False)
class _Moment:
    stamp: float
    frame: np.ndarray
    joints: np.ndarray
    tool: np.ndarray


class EpisodeCutter:
    """Actions are what the tool did from one moment to the next, whoever moved it: (3,) m, from measured joints."""

    def __init__(self, kinematics: Kinematics, cut: Cut) -> None:
        self._kinematics, self._cut = kinematics, cut
        self._moments: list[_Moment] = []
        self._last: Observation | None = None

    def add(self, seen: Observation) -> Episode | str | None:
        """Every frame, in order. -> an episode that is whole now, or why the one under way is thrown away."""
        last, self._last = self._last, seen
        if last is not None and seen.stamp == last.stamp:  # sent again
            return None
        if last is None or not self._moments:
            self._moments = [self._moment(seen)]
            return None
        if seen.stamp < last.stamp:
            return self._again(seen, f"the camera's stamps went back by {last.stamp - seen.stamp:.3f} s")
        due = self._moments[0].stamp + len(self._moments) * self._cut.step
        if seen.stamp < due:
            return None
        # One picture is one moment, though it may be as far from the next.
        found = [frame for frame in (last, seen) if frame.stamp > self._moments[-1].stamp]
        nearest = min(found, key=lambda frame: abs(frame.stamp - due))
        off = abs(nearest.stamp - due)
        if off > self._cut.camera_period / 2 + 1e-6:
            return self._again(seen, f"no picture within {self._cut.camera_period / 2:.3f} s of its moment, the nearest is {off:.3f} s off")
        moment = self._moment(nearest)
        problem = self._unusable(self._moments[-1], moment)
        if problem:
            return self._again(seen, problem)
        self._moments.append(moment)
        if len(self._moments) <= self._cut.steps:
            return None
        moments, self._moments = self._moments, []
        return _episode(moments)

    def _again(self, seen: Observation, reason: str) -> str | None:
        lost = len(self._moments) > 1
        self._moments = [self._moment(seen)]
        return reason if lost else None

    def _moment(self, seen: Observation) -> _Moment:
        joints = seen.joints.position
        frame = preprocess_image(seen.image, self._cut.image_size)
        return _Moment(seen.stamp, frame, joints, self._kinematics.forward(joints).position)

    def _unusable(self, before: _Moment, after: _Moment) -> str:
        way = float(np.linalg.norm(after.tool - before.tool))
        # Between two pictures lies a step, and up to a camera period more or less.
        pace = way * self._cut.step / (after.stamp - before.stamp)
        if pace > _TOO_LONG * self._cut.max_step:
            return f"the tool moved {pace:.3f} m in a step of {self._cut.step:g} s, expected at most max_step, {self._cut.max_step:g} m: move slower"
        if way > _FROZEN and np.array_equal(before.frame, after.frame):
            return f"the camera is frozen: the same picture after the tool moved {1e3 * way:.0f} mm"
        return ""


def _episode(moments: list[_Moment]) -> Episode:
    """Nothing is known of objects and touch."""
    tool = np.array([moment.tool for moment in moments], dtype=np.float32)
    count = len(moments)
    return Episode(
        images=np.stack([moment.frame for moment in moments]),
        joints=np.array([moment.joints for moment in moments], dtype=np.float32),
        gripper=np.zeros(count, np.float32),
        tool=tool,
        object=np.zeros((count, 3), np.float32),
        actions=np.diff(tool, axis=0),
        carried=np.zeros((count - 1, 3), np.float32),
        touch=np.zeros(count - 1, np.float32),
    )
