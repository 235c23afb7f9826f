"""Records one episode."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from wm_core.kinematics.differential import step_towards
from wm_core.kinematics.urdf_arm import UnreachableError
from wm_core.preprocess import preprocess_image
from wm_core.training.behaviours.behaviour import Behaviour, Playground, limit_norm
from wm_core.training.hdf5_shard import Episode
from wm_core.training.manifest import CollectionConfig
from wm_core.types import Command, Felt, Observation, Pose

_LOST = 0.05  # m outside the play box: the object is out of reach, or on the floor


class EpisodeSpoiled(RuntimeError):
    """The object left the play box, or the arm was sent where it cannot go: another episode is drawn in its place."""


class Driver(Protocol):
    """Says what the arm does next while an episode is recorded."""

    def command(self, observation: Observation) -> Command:
        """The next action, from what is seen, or from ground truth that it has of its own. Raises `EpisodeSpoiled`."""


class BehaviourDriver:
    """Implements `Driver`: what a behaviour wants of the tool, as joint targets."""

    def __init__(self, environment: Playground, behaviour: Behaviour) -> None:
        self._environment, self._behaviour = environment, behaviour

    def command(self, observation: Observation) -> Command:
        """See `Driver`."""
        environment, joints = self._environment, observation.joints.position
        here = environment.kinematics.forward(joints).position
        move, gripper = self._behaviour.action(here, environment.object_position(), _opening(observation))
        return Command(displaced(environment, joints, move), gripper if environment.gripper else 0)


def displaced(environment: Playground, joints: np.ndarray, move: np.ndarray) -> np.ndarray:
    """joints: (J,) rad, move: (3,) m, no more than the longest action of it -> (J,) rad. Raises `EpisodeSpoiled`."""
    robot = environment.robot
    there = environment.kinematics.forward(joints).position + limit_norm(move, environment.max_step)
    try:
        aim = Pose(there, np.array(robot.tool_orientation))
        return step_towards(environment.kinematics, joints, aim, np.array(robot.home))
    except UnreachableError as error:
        raise EpisodeSpoiled(str(error)) from error


def record_episode(environment: Playground, first: Observation, driver: Driver, config: CollectionConfig) -> Episode:
    """`config.steps` actions after `first`. Raises `EpisodeSpoiled`."""
    seen, tool, parts = [first], [environment.tool_position()], [environment.object_position()]
    actions: list[np.ndarray] = []
    felt: list[Felt] = []
    for _ in range(config.steps):
        command = driver.command(seen[-1])
        actions.append(_action(environment, seen[-1], command))
        seen.append(environment.step(command, config.step))
        felt.append(environment.felt())
        tool.append(environment.tool_position())
        parts.append(environment.object_position())
        if outside(environment, parts[-1]) > _LOST:
            raise EpisodeSpoiled(f"the object is at {np.round(parts[-1], 3).tolist()} m")
    return Episode(
        images=np.stack([_frames(observation, config.image_size) for observation in seen]),
        joints=_numbers([observation.joints.position for observation in seen]),
        gripper=_numbers([_opening(observation) for observation in seen]),
        tool=_numbers(tool),
        object=_numbers(parts),
        actions=_numbers(actions),
        carried=_numbers([one.carried for one in felt]),
        touch=_numbers([one.touch for one in felt]),
    )


def outside(environment: Playground, position: np.ndarray) -> float:
    """m from `position` (3,) to the play box, 0 inside."""
    nearest = np.clip(position, environment.play_box.lower, environment.play_box.upper)
    return float(np.linalg.norm(position - nearest))


def _action(environment: Playground, observation: Observation, command: Command) -> np.ndarray:
    """(A,): the displacement that the joint target stands for, which is not always the one wished for."""
    here, there = (environment.kinematics.forward(joints).position for joints in (observation.joints.position, command.joints))
    return np.append(there - here, command.gripper) if environment.gripper else there - here


def _opening(observation: Observation) -> float:
    return observation.gripper if observation.gripper is not None else 0.0


def _frames(observation: Observation, size: int) -> np.ndarray:
    """(3 V, size, size) uint8: the views one after the other."""
    return np.concatenate([preprocess_image(view, size) for view in (observation.image, *observation.other_views)])


def _numbers(values: list) -> np.ndarray:
    return np.array(values, dtype=np.float32)
