"""What two results must share to be compared."""

from __future__ import annotations

from wm_core.config import Strict


class Conditions(Strict):
    """The problem, with everything but the policy and the seeds.

    tolerance_m: None for the task's own. look: strength of domain randomisation, views: cameras, perturb:
    'NAME=STRENGTH'; None where the environment's own was taken. step_s: of one action; max_step_m: its longest.
    """

    environment: str = "panda_tabletop"
    task: str = "reach"
    goal: str = "image"
    tolerance_m: float | None = None
    look: float | None = None
    views: int | None = None
    perturb: str | None = None
    step_s: float = 0.2
    max_step_m: float = 0.05

    def options(self) -> dict[str, object]:
        """For `make_environment`."""
        given = {"look": self.look, "views": self.views, "perturb": self.perturb}
        return {"task": self.task} | {name: value for name, value in given.items() if value is not None}
