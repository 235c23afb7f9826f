"""Goals that no picture shows: made of what is seen now, by a model that can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from wm_core.types import Focus, Handled


@runtime_checkable
class GoalMaker(Protocol):
    """A `WorldModel` that reads where the object is and makes a goal of where things shall be.

    makes_goals: whether it can; not every model of a kind does.
    """

    makes_goals: bool

    def object_position(self, latent: Tensor) -> Tensor:
        """latent: (..., *latent) -> (..., 3) m, the centre of the object as a probe reads it."""

    def object_in(self, goal: Tensor) -> Tensor:
        """goal: (*goal) -> (3,) m, where a picture shows the object, by the same probe."""

    def goal_at(self, latent: Tensor, object_way: Tensor, tool_way: Tensor | None = None, opening: float = 0.0) -> Tensor:
        """latent: (*latent), ways: (3,) m from where things are in it, opening: m that the fingers go apart -> (*goal)"""


@dataclass(frozen=True, eq=False)
class MadeGoal:
    """encoded: (*goal); focus: what counts of it. The rest is for an object that is to be lifted, else None.

    handled: the phase it is for. tool: (3,) m, where the tool shall be; kinematics know that better than latents do.
    led: (K, 4), what every plan begins with, as it is sampled; K = 0 where the planner is free.
    """

    encoded: Tensor
    focus: Focus
    handled: Handled | None = None
    tool: Tensor | None = None
    led: Tensor | None = None

    @property
    def phase(self) -> str:
        """By name: plans of one phase are no beginning for another."""
        return "" if self.handled is None else self.handled.phase.value


def object_goal(model: GoalMaker, seen: Tensor, place: Tensor) -> MadeGoal:
    """The object at `place` (3,) m, and whatever else as it comes. seen: (*latent) now."""
    return MadeGoal(model.goal_at(seen, place - model.object_position(seen)), Focus.OBJECT)
