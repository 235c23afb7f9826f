"""An uncertainty gate beside a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from wm_core.protocols import Kinematics
from wm_core.types import Command, Observation


class Verdict(Protocol):
    """stop: the arm shall hold. reason: for people."""

    stop: bool
    reason: str


class Gate(Protocol):
    """`wm_core.monitor.SurpriseGate` is one."""

    def reset(self) -> None:
        """A new run."""

    def observe(
        self, observation: Observation, controls: np.ndarray | None = None, camera: int | None = None
    ) -> Verdict:
        """observation: one model step after the last; controls: (A,) what was done since, None before the first.

        camera: the only one whose picture it has, as its `image`; None: it has those of all.
        """

    def glance(self, observation: Observation, camera: int | None = None) -> Verdict | None:
        """observation: a frame in between; camera: as above. None where the gate has nothing to say of those."""


@dataclass(frozen=True)
class Stop:
    """Of one episode. after: actions done; harmed: by then something had been touched that must not be."""

    reason: str
    after: int
    harmed: bool


class Watch:
    """Shows a gate what happens, in the actions that its model was trained on."""

    def __init__(
        self, gate: Gate, kinematics: Kinematics, action_dim: int, ends: bool = True, cameras: int = 1
    ) -> None:
        """action_dim: 4 with a gripper command, else 3. ends: whether a stop ends the episode, or is only noted.

        cameras: that the gate looks through, for the report.
        """
        self.ends, self.cameras = ends, cameras
        self._gate, self._kinematics, self._action_dim = gate, kinematics, action_dim

    def start(self, observation: Observation) -> str | None:
        """A new episode -> why to stop before it begins, None to go on."""
        self._gate.reset()
        return self._reason(self._gate.observe(observation))

    def step(self, before: Observation, command: Command, after: Observation) -> str | None:
        """-> why to stop, None to go on. As in training, the action is where the joint target takes the tool."""
        there, here = (self._kinematics.forward(joints).position for joints in (command.joints, before.joints.position))
        controls = np.append(there - here, command.gripper)[: self._action_dim]
        return self._reason(self._gate.observe(after, controls))

    def glance(self, observation: Observation) -> str | None:
        """A frame between two steps -> why to stop, None to go on."""
        verdict = self._gate.glance(observation)
        return None if verdict is None else self._reason(verdict)

    @staticmethod
    def _reason(verdict: Verdict) -> str | None:
        return verdict.reason if verdict.stop else None
