"""What was foretold of a skill beside what then came of it."""

from __future__ import annotations

from wm_core.config import Strict

Vector = tuple[float, float, float]


class SkillTrial(Strict):
    """One skill in one scene: displacements of the object (m) as predicted and by ground truth.

    imagined_*: what the world model alone says; predicted_* is after experience, the same without any. *_left_m: the
    way to the goal that the object is then still to go, as read off the goal, None where the goal does not say.
    uncertainty_m: of the prediction; spread_m: the same along the axes, None without experience.
    tool_way_m: of the whole skill, by kinematics. astray_m: that the arm is off the way it was told, at most.
    lifted: whether the object really went up by more than half of the lift, None like `graspable` for a skill that
    lifts nothing. distance_m: of the goal at the end, by ground truth, as the task measures it (a push: over the table).
    apart_m: from there to the place that the goal shows, height included.
    """

    skill: str
    predicted_cost: float
    imagined_cost: float
    predicted_object_m: Vector
    imagined_object_m: Vector
    true_object_m: Vector
    predicted_left_m: Vector | None
    imagined_left_m: Vector | None
    tool_way_m: Vector
    astray_m: float
    predicted_moved_m: float
    true_moved_m: float
    error_m: float
    uncertainty_m: float | None
    spread_m: Vector | None
    reachable: bool
    graspable: bool | None
    lifted: bool | None
    distance_m: float
    apart_m: float


class SkillScene(Strict):
    """All skills in one scene, in the order that was predicted, the best first."""

    seed: int
    trials: tuple[SkillTrial, ...]

    @property
    def best_predicted(self) -> SkillTrial:
        """What the agent would have done."""
        return self.trials[0]

    @property
    def best_true(self) -> SkillTrial:
        """What would have come nearest to what the goal shows: an object held over its place is not there."""
        return min(self.trials, key=lambda trial: trial.apart_m)

    @property
    def agrees(self) -> bool:
        """Whether nothing else would have come nearer."""
        return self.regret_m == 0.0

    @property
    def regret_m(self) -> float:
        """m that the best skill would have come nearer to the goal than the one predicted to be best."""
        return self.best_predicted.apart_m - self.best_true.apart_m
