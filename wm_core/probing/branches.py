"""From one state of a scene, several futures that really happen: the same seed, the same approach, other actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wm_core.baselines.mover import Mover
from wm_core.model.world_model import JepaWorldModel
from wm_core.protocols import Environment
from wm_core.types import Command, Observation

FIRST_SEED = 700_000  # far from the seeds that evaluation begins with, and below those of collected data
STEPS = 5  # actions of one future
_APPROACH = 16  # steps at most


@dataclass(frozen=True, eq=False)
class Branch:
    """What was done and where it led.

    controls: (H, A), as commanded; tool, object: (3,) m at the end; views: the pictures of it.
    """

    controls: np.ndarray
    tool: np.ndarray
    object: np.ndarray
    views: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """seen: the observations up to the common state, oldest first. The target is a future too, so that it can be reached."""

    seen: tuple[Observation, ...]
    target: Branch
    options: tuple[Branch, Branch]


class Brancher:
    """Makes cases. Around the object where the model knows of objects, else somewhere in free space."""

    def __init__(self, environment: Environment, model: JepaWorldModel) -> None:
        """environment: with as many views as the model has."""
        self._environment, self._model = environment, model
        self._mover = Mover(environment.kinematics, environment.robot, model.config.max_step)

    def cases(self, count: int, seed: int) -> Iterator[Case]:
        """`count` of them. Raises `ValueError` for an environment that does not repeat itself."""
        for number in range(count):
            yield self._case(FIRST_SEED + 1000 * seed + number)

    def _case(self, seed: int) -> Case:
        states: list[np.ndarray] = []
        branches: list[Branch] = []
        for number in range(3):
            seen = self._approach(seed)
            states.append(np.concatenate([seen[-1].joints.position, self._environment.object_position()]))
            if not np.allclose(states[0], states[-1], rtol=0.0, atol=1e-6):
                raise ValueError(f"the environment does not repeat itself: seed {seed} led to another state the second time")
            branches.append(self._branch(seen[-1], np.random.default_rng([seed, 11, number])))
        return Case(seen, branches[0], (branches[1], branches[2]))

    def _approach(self, seed: int) -> tuple[Observation, ...]:
        random = np.random.default_rng([seed, 11])
        seen = [self._environment.reset(seed)]
        if self._model.config.objects:
            turn = random.uniform(-np.pi, np.pi)
            beside = self._environment.object_position() + 0.07 * np.array([np.cos(turn), np.sin(turn), 0.0])
            beside[2] += random.uniform(0.0, 0.02)
            for aim in (beside + np.array([0.0, 0.0, 0.10]), beside):  # from above, not through the object
                for _ in range(_APPROACH // 2):
                    way = aim - self._mover.tool(seen[-1].joints.position)
                    if np.linalg.norm(way) > 0.01:
                        seen.append(self._step(seen[-1], way, 0)[0])
        else:
            for _ in range(self._model.history):
                seen.append(self._step(seen[-1], random.uniform(-1.0, 1.0, 3) * self._mover.max_step, 0)[0])
        length = self._model.history
        return tuple([seen[0]] * max(0, length - len(seen)) + seen[-length:])

    def _branch(self, start: Observation, random: np.random.Generator) -> Branch:
        if self._model.config.objects:
            # Towards the object, more or less: some futures push it, some pass by.
            ahead = self._environment.object_position() - self._mover.tool(start.joints.position)
            turn = np.arctan2(ahead[1], ahead[0]) + random.normal(0.0, 0.7)
            heading = np.array([np.cos(turn), np.sin(turn), random.normal(0.0, 0.2)])
        else:
            heading = random.normal(size=3)
        move = heading / np.linalg.norm(heading) * self._mover.max_step * random.uniform(0.3, 1.0)
        gripper = int(random.integers(-1, 2)) if self._model.config.gripper else 0
        seen, controls = start, []
        for _ in range(STEPS):
            seen, control = self._step(seen, move, gripper)
            controls.append(control)
        end = self._environment
        return Branch(np.stack(controls), end.tool_position(), end.object_position(), (seen.image, *seen.other_views))

    def _step(self, seen: Observation, move: np.ndarray, gripper: int) -> tuple[Observation, np.ndarray]:
        joints = self._mover.step(seen.joints.position, move)
        commanded = self._mover.tool(joints) - self._mover.tool(seen.joints.position)
        after = self._environment.step(Command(joints, gripper), self._model.step)
        return after, np.append(commanded, gripper) if self._model.config.gripper else commanded
