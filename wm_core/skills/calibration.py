"""Skills as they were predicted beside what the simulator then does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wm_core.config import Strict
from wm_core.kinematics.differential import step_towards
from wm_core.protocols import Environment
from wm_core.skills.rated import RatedSkill
from wm_core.skills.skill import Skill, stay, travel
from wm_core.types import Command, Goal, Observation, Pose

if TYPE_CHECKING:
    from wm_core.agent import WorldModelAgent

SAME_PLACE = 1e-3  # m: farther apart, the scene of two trials is not the same

Vector = tuple[float, float, float]


class CalibrationError(ValueError):
    """The scene could not be set up alike for every skill; the message says where it differed."""


class SkillTrial(Strict):
    """One skill in one scene: displacements of the object (m) as predicted and by ground truth.

    distance_m: of the goal at the end, by ground truth. lifted: whether the object really went up by more than half of
    the lift, None like `graspable` for a skill that lifts nothing.
    """

    skill: str
    predicted_cost: float
    predicted_object_m: Vector
    true_object_m: Vector
    predicted_moved_m: float
    true_moved_m: float
    error_m: float
    uncertainty_m: float | None
    reachable: bool
    graspable: bool | None
    lifted: bool | None
    distance_m: float


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
        """What would have come nearest to the goal."""
        return min(self.trials, key=lambda trial: trial.distance_m)

    @property
    def agrees(self) -> bool:
        """Whether nothing else would have come nearer."""
        return self.regret_m == 0.0

    @property
    def regret_m(self) -> float:
        """m that the best skill would have come nearer to the goal than the one predicted to be best."""
        return self.best_predicted.distance_m - self.best_true.distance_m


def calibrate(
    environment: Environment,
    agent: WorldModelAgent,
    skills: Sequence[Skill],
    seeds: Sequence[int],
    kind: str = "image",
    height: float = 0.12,
) -> Iterator[SkillScene]:
    """Rates the skills in every scene for the last goal of its task, then does each of them from the same start.

    kind: what the goal is told as. height: m of the tool over the table where skills begin, over the object.
    Raises `CalibrationError`, and as `WorldModelAgent.rank_skills` does.
    """
    lifts = {skill.name: skill.lifts for skill in skills}
    if len(lifts) < len(skills):
        raise CalibrationError(f"{len(skills)} skills with {len(lifts)} names: expected every name once")
    step, max_step = agent.planner.step, agent.planner.max_step
    for seed in seeds:
        observation, goal = _begin(environment, seed, kind, height, step, max_step)
        start = environment.object_position()
        agent.reset(seed)
        trials = []
        for rated in agent.rank_skills(observation, goal, skills):
            if trials:
                _begin(environment, seed, kind, height, step, max_step)
            there = environment.object_position()
            if np.linalg.norm(there - start) > SAME_PLACE:
                raise CalibrationError(f"scene {seed} began with the object at {start.round(4)}, then at {there.round(4)} m")
            for joints, gripper in zip(rated.joint_path, rated.gripper):
                environment.step(Command(joints, int(gripper)), step)
            moved = environment.object_position() - start
            trials.append(_trial(rated, lifts[rated.name], moved, environment.outcome().distance))
        yield SkillScene(seed=seed, trials=tuple(trials))


def _begin(
    environment: Environment, seed: int, kind: str, height: float, step: float, max_step: float
) -> tuple[Observation, Goal]:
    """A fresh scene with the tool at rest over the object, fingers open. By ground truth: this is the harness, not the agent."""
    observation = environment.reset(seed)
    goal = environment.stages(seed, kind)[-1].goal
    arm, robot = environment.kinematics, environment.robot
    tool = arm.forward(observation.joints.position).position
    over = np.array([*environment.object_position()[:2], height])
    for row in np.concatenate([travel(tool, [over], max_step, gripper=1), stay(2, gripper=1)]):
        tool = tool + row[:3]
        aim = Pose(tool, np.array(robot.tool_orientation))
        joints = step_towards(arm, observation.joints.position, aim, np.array(robot.home))
        observation = environment.step(Command(joints, int(row[3])), step)
    return observation, goal


def _trial(rated: RatedSkill, lifts: float, moved: np.ndarray, distance: float) -> SkillTrial:
    return SkillTrial(
        skill=rated.name,
        predicted_cost=rated.cost,
        predicted_object_m=tuple(rated.object.tolist()),
        true_object_m=tuple(moved.tolist()),
        predicted_moved_m=rated.moved_by,
        true_moved_m=float(np.linalg.norm(moved)),
        error_m=float(np.linalg.norm(rated.object - moved)),
        uncertainty_m=rated.uncertainty,
        reachable=rated.reachable,
        graspable=rated.graspable,
        lifted=bool(moved[2] > 0.5 * lifts) if lifts > 0.0 else None,
        distance_m=distance,
    )
