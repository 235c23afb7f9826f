"""What is evaluated."""

from __future__ import annotations

from typing import Protocol

from wm_core.config import BoxConfig
from wm_core.evaluation.account import Account
from wm_core.types import Command, Goal, Observation


class Policy(Protocol):
    """Chooses what the arm does next; never sees the simulator. Subclass it to inherit `avoid` and `finish`."""

    name: str

    def avoid(self, obstacles: tuple[BoxConfig, ...]) -> None:
        """Before every `start`: what stands in the way, in the base frame, m. Most policies know no way around it."""

    def start(self, seed: int) -> None:
        """A new episode; whatever is random in it is drawn from `seed` alone."""

    def pursue(self, goal: Goal) -> None:
        """A new goal, at the start of every stage; the arm does not stop for it."""

    def act(self, observation: Observation) -> Command:
        """What to do for one model step."""

    def finish(self, observation: Observation) -> Account | None:
        """The episode has ended and looks like this; what its plans took and foresaw, None without plans."""
        return None
