"""Skills as they were predicted beside what the simulator then does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from wm_core.kinematics.differential import step_towards
from wm_core.protocols import Environment
from wm_core.skills.rated import RatedSkill
from wm_core.skills.skill import Skill, stay, travel
from wm_core.skills.trial import SkillScene, SkillTrial, Vector
from wm_core.types import Command, Goal, Observation, Pose

if TYPE_CHECKING:
    from wm_core.agent import WorldModelAgent

SAME_PLACE = 1e-3  # m: farther apart, the scene of two trials is not the same
DIGITS = 6  # of what is written down, in m: micrometres


@runtime_checkable
class Blind(Protocol):
    """An `Environment` that can be stepped without being looked at, which is faster."""

    def advance(self, command: Command, duration: float) -> None:
        """As `Environment.step`."""


class CalibrationError(ValueError):
    """The scene could not be set up alike for every skill; the message says where it differed."""


def calibrate(
    environment: Environment,
    agent: WorldModelAgent,
    skills: Sequence[Skill],
    seeds: Sequence[int],
    kind: str = "image",
    height: float = 0.12,
) -> Iterator[SkillScene]:
    """Rates the skills in every scene for the last goal of its task, then does each of them from the same start.

    kind: what the goal is told as; the task must know 'object', too: that is where the object really should be.
    height: m of the tool over the table where skills begin, over the object.
    Raises `CalibrationError`, and as `WorldModelAgent.rank_skills` does.
    """
    lifts = {skill.name: skill.lifts for skill in skills}
    if len(lifts) < len(skills):
        raise CalibrationError(f"{len(skills)} skills with {len(lifts)} names: expected every name once")
    step, max_step = agent.planner.step, agent.planner.max_step
    for seed in seeds:
        observation, goal, commands = _begin(environment, seed, kind, height, step, max_step)
        start = environment.object_position()
        agent.reset(seed)
        trials = []
        for rated in agent.rank_skills(observation, goal, skills):
            place = _begin_again(environment, seed, commands, step)
            there = environment.object_position()
            if np.linalg.norm(there - start) > SAME_PLACE:
                raise CalibrationError(f"scene {seed} began with the object at {start.round(4)}, then at {there.round(4)} m")
            _do(environment, [Command(*one) for one in zip(rated.joint_path, rated.gripper.astype(int).tolist())], step)
            end = environment.object_position()
            apart = float(np.linalg.norm(end - place))
            trials.append(_trial(rated, lifts[rated.name], end - there, environment.outcome().distance, apart))
        yield SkillScene(seed=seed, trials=tuple(trials))


def _begin(
    environment: Environment, seed: int, kind: str, height: float, step: float, max_step: float
) -> tuple[Observation, Goal, list[Command]]:
    """A fresh scene with the tool at rest over the object, fingers open, and what brought it there.

    By ground truth: this is the harness, not the agent.
    """
    observation = environment.reset(seed)
    goal, commands = environment.stages(seed, kind)[-1].goal, []
    arm, robot = environment.kinematics, environment.robot
    tool = arm.forward(observation.joints.position).position
    over = np.array([*environment.object_position()[:2], height])
    for row in np.concatenate([travel(tool, [over], max_step, gripper=1), stay(2, gripper=1)]):
        tool = tool + row[:3]
        aim = Pose(tool, np.array(robot.tool_orientation))
        joints = step_towards(arm, observation.joints.position, aim, np.array(robot.home))
        commands.append(Command(joints, int(row[3])))
        observation = environment.step(commands[-1], step)
    return observation, goal, commands


def _begin_again(environment: Environment, seed: int, commands: Sequence[Command], step: float) -> np.ndarray:
    """The same scene once more -> (3,) m, where the object shall be by ground truth"""
    environment.reset(seed)
    place = environment.stages(seed, "object")[-1].goal.object_position
    _do(environment, commands, step)
    return place


def _do(environment: Environment, commands: Sequence[Command], step: float) -> None:
    advance = environment.advance if isinstance(environment, Blind) else environment.step
    for command in commands:
        advance(command, step)


def _trial(rated: RatedSkill, lifts: float, moved: np.ndarray, distance: float, apart: float) -> SkillTrial:
    moved = np.round(moved, DIGITS)
    imagined_left = None if rated.left is None else rated.left + rated.object - rated.imagined
    return SkillTrial(
        skill=rated.name,
        predicted_cost=rated.cost,
        imagined_cost=rated.imagined_cost,
        predicted_object_m=_vector(rated.object),
        imagined_object_m=_vector(rated.imagined),
        true_object_m=_vector(moved),
        predicted_left_m=None if rated.left is None else _vector(rated.left),
        imagined_left_m=None if imagined_left is None else _vector(imagined_left),
        tool_way_m=_vector(rated.tool_way),
        astray_m=round(rated.astray, DIGITS),
        predicted_moved_m=rated.moved_by,
        true_moved_m=float(np.linalg.norm(moved)),
        error_m=float(np.linalg.norm(rated.object - moved)),
        uncertainty_m=rated.uncertainty,
        spread_m=None if rated.spread is None else _vector(rated.spread),
        reachable=rated.reachable,
        graspable=rated.graspable,
        lifted=bool(moved[2] > 0.5 * lifts) if lifts > 0.0 else None,
        distance_m=distance,
        apart_m=apart,
    )


def _vector(metres: np.ndarray) -> Vector:
    return tuple(np.round(metres, DIGITS).tolist())
