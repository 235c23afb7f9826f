"""Listens to a camera and to joints: each picture with where the joints were at its moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Sequence

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from wm_core.types import Frame, JointState, Observation
from wm_ros.conversions import ConversionError, image_stamp, joint_state_from_message
from wm_ros.image_topic import ImageTopic
from wm_ros.newest_joints import NewestJointStates
from wm_ros.recording.joint_track import JointTrack

_TAKING = 0.01  # s between two looks for joint states
_WIDEST = 0.1  # s between two joint states that a moment in between is told from
_WAITING = 64  # pictures whose joints have not come; more than that of a camera at 60 Hz is a second of them
_SILENCE = 2.0  # s after which whatever does not come is named


@dataclass(frozen=True)
class CameraSource:
    """topic: of the pictures. transport, reliability: see `ImageTopic`."""

    topic: str
    transport: str
    reliability: str


class Listener:
    """Subscribes on a node that somebody else spins; asked from another thread."""

    def __init__(self, node: Node, names: Sequence[str], camera: CameraSource, joint_states: str) -> None:
        """names: of the arm's joints. joint_states: the topic."""
        self._names, self._camera, self._joint_states = tuple(names), camera, joint_states
        self._lock = threading.Lock()
        self._track = JointTrack(_WIDEST)
        self._pictures: deque[Frame] = deque(maxlen=_WAITING)
        self._seen: deque[Observation] = deque(maxlen=_WAITING)
        self._came = {camera.topic: time.monotonic(), joint_states: time.monotonic()}
        self._completed = time.monotonic()  # when a picture was last put together with its joints
        self._refused: dict[str, str] = {}
        # Before the pictures: the node spins, and the first one looks for joint states.
        self._joints = NewestJointStates(node, self._names, topic=joint_states)
        self._images = ImageTopic(camera.transport, camera.reliability, depth=5)
        full = {camera.topic: self._images.name(node, camera.topic), joint_states: node.resolve_topic_name(joint_states)}
        self._places = {topic: topic if f"/{topic.lstrip('/')}" == name else f"{topic}, here {name}" for topic, name in full.items()}
        self._subscription = self._images.subscribe(node, camera.topic, self._on_image, self._on_mismatch)
        self._timer = node.create_timer(_TAKING, self._take_joints, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def joints(self) -> JointState | None:
        """The newest that was measured."""
        with self._lock:
            return self._track.newest

    def take(self) -> list[Observation]:
        """What was seen since the last call, oldest first."""
        with self._lock:
            found = list(self._seen)
            self._seen.clear()
        return found

    def problem(self) -> str:
        """What does not come and why, '' while all does."""
        now = time.monotonic()
        with self._lock:
            for topic, came in self._came.items():
                if now - came > _SILENCE:
                    return self._refused.get(topic) or f"nothing comes on {self._places[topic]}"
            if now - self._completed > _SILENCE:
                return self._refused.get(self._camera.topic) or self._ahead()
        return ""

    def _ahead(self) -> str:
        """Both come, and pictures wait for joint states of their moment."""
        if not self._pictures or self._track.newest is None:
            return ""
        ahead = self._pictures[-1].stamp - self._track.newest.stamp
        return f"the newest picture is stamped {ahead:.3f} s after the newest joint state: do the clocks agree?"

    def _on_image(self, message: Any) -> None:
        try:
            image, stamp = self._images.read(message), image_stamp(message)
        except ConversionError as error:
            self._refuse(self._camera.topic, str(error))
            return
        self._take_joints()
        with self._lock:
            self._came[self._camera.topic] = time.monotonic()
            if self._pictures and stamp < self._pictures[-1].stamp:
                self._pictures.clear()  # a clock that was set back: those before would wait for joints of a time to come
            if self._track.newest is not None:  # before there is one, nobody knows where the joints were
                self._pictures.append(Frame(image, stamp))
        self._match()

    def _take_joints(self) -> None:
        for message in self._joints.take():
            try:
                state = joint_state_from_message(message, self._names, self._track.newest)
            except ConversionError as error:
                self._refuse(self._joint_states, str(error))
                continue
            with self._lock:
                self._track.add(state)
                self._came[self._joint_states] = time.monotonic()
                self._refused.pop(self._joint_states, None)
        self._match()

    def _match(self) -> None:
        """Pictures that joints have been measured after are complete."""
        with self._lock:
            newest = self._track.newest
            while newest is not None and self._pictures and self._pictures[0].stamp <= newest.stamp:
                picture = self._pictures.popleft()
                joints = self._track.at(picture.stamp)
                if joints is None:
                    self._refused[self._camera.topic] = (
                        f"no joint states within {_WIDEST:g} s around the stamp {picture.stamp:.3f} of a picture: do the clocks agree?"
                    )
                    continue
                self._seen.append(Observation(picture.image, joints, picture.stamp))
                self._completed = time.monotonic()
                self._refused.pop(self._camera.topic, None)

    def _refuse(self, topic: str, reason: str) -> None:
        with self._lock:
            self._refused[topic] = reason

    def _on_mismatch(self, event: Any) -> None:
        self._refuse(self._camera.topic, "the camera's reliability does not fit: --image-reliability best_effort")
