"""Stand-ins that implement the real protocols. Loaded by the conftest files (tests/ is not on the path)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from wm_core.protocols import Kinematics
from wm_core.types import Focus, JointState, Observation


class FakeClock:
    """Time that passes when somebody says so, s."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class LinearWorldModel:
    """Implements `WorldModel` exactly: the latent is the tool position (m), an action adds its displacement.

    A goal image tells its position in the colour of its first pixel, 5 mm a grey level.
    """

    history, step, action_dim = 2, 0.2, 3

    def __init__(self, arm: Kinematics) -> None:
        self._arm = arm
        self.encoded_goals = 0
        self.rollouts = 0

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        return torch.tensor(self._arm.forward(observations[-1].joints.position).position, dtype=torch.float32)

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        self.encoded_goals += 1
        return torch.tensor(views[0][0, 0].astype(np.float32) / 200.0 - 0.6)

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        return latent + action

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        self.rollouts += 1
        return latent + actions.cumsum(1)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        if focus is not Focus.SCENE:
            raise ValueError("this world has no object")
        return (latent - goal).norm(dim=-1)

    def tool_position(self, goal: Tensor) -> np.ndarray:
        return goal.numpy()


class GraspingWorldModel(LinearWorldModel):
    """The latent is tool (3) m, object (3) m, whether the fingers are closed (1) and whether they hold the object (1).

    Fingers that close within 2 cm of the object hold it, and it moves with the tool until they open, then falls to
    where it lay. A closed hand pushes what it meets: within 3 cm of the tool the object moves with it over the table.
    A goal image shows the object.
    `ensemble` predictors differ by `spread` m for each step ahead.
    """

    action_dim, ensemble, spread, reach = 4, 2, 0.01, 0.02

    def __init__(self, arm: Kinematics, part: np.ndarray) -> None:
        """part: (3,) m, where the object lies whenever it is looked at."""
        super().__init__(arm)
        self.part = np.asarray(part, dtype=float)

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        return torch.cat([super().encode(observations), torch.tensor(self.part, dtype=torch.float32), torch.zeros(2)])

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        tool, part, closed, held = latent[..., :3], latent[..., 3:6], latent[..., 6:7], latent[..., 7:]
        move, gripper = action[..., :3], action[..., 3:]
        near = ((tool - part).norm(dim=-1, keepdim=True) < self.reach).to(latent)
        held = torch.where(gripper < 0, torch.maximum(held, near), torch.where(gripper > 0, 0.0, held))
        closed = torch.where(gripper < 0, 1.0, torch.where(gripper > 0, 0.0, closed))
        met = ((tool + move - part).norm(dim=-1, keepdim=True) < 0.03).to(latent) * closed * (1.0 - held)
        flat = torch.cat([move[..., :2], torch.zeros_like(move[..., 2:])], dim=-1)
        part = part + held * move + met * flat
        height = torch.where(held > 0, part[..., 2:], float(self.part[2]))
        return torch.cat([tool + move, part[..., :2], height, closed, held], dim=-1)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        self.rollouts += 1
        future, steps = latent.expand(len(actions), -1), []
        for action in actions.unbind(1):
            future = self.next(future, action)
            steps.append(future)
        return torch.stack(steps, dim=1)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        return (self.object_position(latent) - goal).norm(dim=-1)

    def object_position(self, latent: Tensor) -> Tensor:
        return latent[..., 3:6]

    def motion(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        way = after - before
        return way[..., :3], way[..., 3:6]

    def way_to(self, latent: Tensor, goal: Tensor) -> Tensor:
        return goal - self.object_position(latent)

    def uncertainty(self, latent: Tensor, controls: Tensor) -> Tensor:
        return self.spread * torch.arange(1.0, len(controls) + 1.0)


class GoalMakingWorldModel(GraspingWorldModel):
    """A world of grasping that makes goals, which are latents like any other.

    Open fingers are 8 cm apart and closed ones 4 cm, whatever is between them; `read` m it reads the object beside where it is.
    """

    makes_goals, wide, narrow = True, 0.08, 0.04

    def __init__(self, arm: Kinematics, part: np.ndarray, read: Sequence[float] = (0.0, 0.0, 0.0)) -> None:
        super().__init__(arm, part)
        self._read = torch.tensor(read)

    def encode(self, observations: Sequence[Observation]) -> Tensor:
        seen, opening = super().encode(observations), observations[-1].gripper
        if opening is not None:
            seen[6] = (self.wide - opening) / (self.wide - self.narrow)
            seen[7] = seen[6] * ((seen[:3] - seen[3:6]).norm() < self.reach)
        return seen

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        return torch.cat([torch.zeros(3), super().encode_goal(*views), torch.zeros(2)])

    def object_position(self, latent: Tensor) -> Tensor:
        return super().object_position(latent) + self._read

    def object_in(self, goal: Tensor) -> Tensor:
        return self.object_position(goal)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        way = latent - goal
        left = way[..., 3:6].norm(dim=-1)
        if focus is Focus.OBJECT:
            return left
        return left + way[..., :3].norm(dim=-1) + (self.wide - self.narrow) * way[..., 6].abs()

    def goal_at(self, latent: Tensor, object_way: Tensor, tool_way: Tensor | None = None, opening: float = 0.0) -> Tensor:
        tool = torch.zeros(3) if tool_way is None else tool_way
        fingers = torch.tensor([-opening / (self.wide - self.narrow), 0.0])
        return latent + torch.cat([tool, object_way, fingers])


class BrokenWorldModel(LinearWorldModel):
    """Imagines NaN."""

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        return super().rollout(latent, actions) * torch.nan


class SlowWorldModel(LinearWorldModel):
    """Every rollout takes `seconds` of the given clock."""

    def __init__(self, arm: Kinematics, clock: FakeClock, seconds: float) -> None:
        super().__init__(arm)
        self._clock, self._seconds = clock, seconds

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        self._clock.time += self._seconds
        return super().rollout(latent, actions)


class FakeRecorder:
    """Implements `Recorder` without a GPU: what was recorded is computed again, and written where it was the first time."""

    made = 0

    def __init__(self) -> None:
        FakeRecorder.made += 1
        self.waited = 0

    def record(self, work: Callable[[], object]) -> tuple[object, Callable[[], None]]:
        result = work()

        def again() -> None:
            for to, value in zip(_tensors(result), _tensors(work()), strict=True):
                to.copy_(value)

        for tensor in _tensors(result):  # a recording computes nothing yet
            tensor.fill_(0)
        return result, again

    def wait(self) -> None:
        self.waited += 1


def _tensors(part: object) -> list[Tensor]:
    if isinstance(part, Tensor):
        return [part]
    if is_dataclass(part):
        return [tensor for field in fields(part) for tensor in _tensors(getattr(part, field.name))]
    return [tensor for each in part for tensor in _tensors(each)] if isinstance(part, tuple) else []


def goal_image(position: np.ndarray) -> np.ndarray:
    """(32, 32, 3) uint8: the picture that `LinearWorldModel` reads `position` (3,) m from, to the nearest 5 mm."""
    image = np.zeros((32, 32, 3), dtype=np.uint8)
    image[0, 0] = np.round((np.asarray(position) + 0.6) * 200.0)
    return image


def observe(joints: np.ndarray, stamp: float, image: np.ndarray | None = None) -> Observation:
    """An arm at rest."""
    picture = np.zeros((32, 32, 3), dtype=np.uint8) if image is None else image
    return Observation(picture, JointState(np.asarray(joints, dtype=float), np.zeros(len(joints)), stamp), stamp)
