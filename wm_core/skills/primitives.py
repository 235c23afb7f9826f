"""The skills that others are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Mapping

import numpy as np

from wm_core.skills.skill import stay, travel

SLOW = 0.03  # m a step while something is or may be touched
CONTACT = 0.04  # m from a closed hand to the middle of what it pushes


class Parameterised:
    """The fields of a dataclass but for its name, as `Skill.parameters`; nothing is lifted."""

    lifts = 0.0

    @property
    def parameters(self) -> Mapping[str, float]:
        """By name; m and rad."""
        return {name: value for name, value in asdict(self).items() if name != "name"}


@dataclass(frozen=True)
class Wait(Parameterised):
    """Nothing, for `steps` steps."""

    name: str = "wait"
    steps: int = 5

    def to_controls(self, tool: np.ndarray, max_step: float) -> np.ndarray:
        """See `Skill`."""
        return stay(self.steps)


@dataclass(frozen=True)
class Push(Parameterised):
    """Behind the object, down, and through where it lies with a closed hand.

    direction: rad from the base's x axis, about z. distance: m that the object shall go. back: m behind it to go down.
    low: m, height of the tool while it pushes. after: m to rise and then come over the object again, 0 to stay behind it.
    """

    name: str = "push"
    direction: float = 0.0
    distance: float = 0.08
    back: float = 0.08
    low: float = 0.04
    after: float = 0.0

    def to_controls(self, tool: np.ndarray, max_step: float) -> np.ndarray:
        """See `Skill`."""
        ahead = heading(self.direction)
        behind = tool - self.back * ahead
        down = np.array([*behind[:2], self.low])
        end = down + (self.back - CONTACT + self.distance) * ahead
        parts = [
            travel(tool, [behind], max_step, gripper=-1),
            travel(behind, [down], max_step),
            travel(down, [end], min(SLOW, max_step)),
        ]
        if self.after > 0.0:
            up = end + [0.0, 0.0, self.after]
            parts.append(travel(end, [up, up + CONTACT * ahead], max_step))
        return np.concatenate(parts)


@dataclass(frozen=True)
class Rotate(Parameterised):
    """Turns the object by pushing it off its middle along an arc: actions have no yaw of the tool, so it also moves it.

    direction: rad, heading of the tool where the arc begins. offset: m to the left of the object's middle, negative to
    the right; a push left of the middle turns it clockwise. distance: m of arc beyond the first contact. turn: rad that
    the heading changes over the arc, towards the object's middle. back, low: as in `Push`.
    """

    name: str = "rotate"
    direction: float = 0.0
    offset: float = 0.02
    distance: float = 0.05
    turn: float = 0.5
    back: float = 0.08
    low: float = 0.04

    def to_controls(self, tool: np.ndarray, max_step: float) -> np.ndarray:
        """See `Skill`."""
        ahead, left = heading(self.direction), heading(self.direction + np.pi / 2)
        aside = tool - self.back * ahead + self.offset * left
        down = np.array([*aside[:2], self.low])
        touch = down + (self.back - CONTACT) * ahead
        slow = min(SLOW, max_step)
        count = max(1, int(np.ceil(self.distance / slow - 1e-9)))
        inwards = -np.sign(self.offset) * self.turn
        headings = self.direction + inwards * (np.arange(count) + 0.5) / count
        arc = touch + np.cumsum([self.distance / count * heading(angle) for angle in headings], axis=0)
        return np.concatenate(
            [
                travel(tool, [aside], max_step, gripper=-1),
                travel(aside, [down], max_step),
                travel(down, [touch, *arc], slow),
            ]
        )


@dataclass(frozen=True)
class Lift(Parameterised):
    """Opens, goes down, closes and rises.

    height: m to rise. low: m, height of the tool where it closes. closing: steps that the fingers are given.
    """

    name: str = "lift"
    height: float = 0.1
    low: float = 0.04
    closing: int = 3

    @property
    def lifts(self) -> float:
        """See `Skill`."""
        return self.height

    def to_controls(self, tool: np.ndarray, max_step: float) -> np.ndarray:
        """See `Skill`."""
        down = np.array([*tool[:2], self.low])
        return np.concatenate(
            [
                stay(1, gripper=1),
                travel(tool, [down], max_step),
                stay(self.closing, gripper=-1),
                travel(down, [down + [0.0, 0.0, self.height]], max_step, gripper=-1),
            ]
        )


def heading(angle: float) -> np.ndarray:
    """rad about z, from the base's x axis -> (3,), of length 1"""
    return np.array([np.cos(angle), np.sin(angle), 0.0])
