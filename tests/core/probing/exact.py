"""A toy world and a model that knows it exactly. Loaded by conftest files (tests/ is not on the path).

The tool is a point at joints[:3]; an object within 5 cm of it, once it has moved, moves along. A picture tells both
positions in its first row of pixels, 0.1 mm a count in two bytes each.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from wm_core.config import WorldModelConfig
from wm_core.resources import find_robot
from wm_core.training.hdf5_shard import Episode
from wm_core.types import Command, Felt, Focus, JointState, Observation, Pose

SIZE, TOUCH, MAX_STEP = 16, 0.05, 0.05
_BACKGROUND = np.random.default_rng(0).integers(80, 120, (SIZE, SIZE, 3), dtype=np.uint8)


def picture(tool: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(16, 16, 3) uint8"""
    image = _BACKGROUND.copy()
    counts = np.round((np.concatenate([tool, part]) + 2.0) * 1e4).astype(int)
    image[0, :6, 0], image[0, :6, 1] = counts // 256, counts % 256
    return image


def move(tool: np.ndarray, part: np.ndarray, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3,) m each, one model step later"""
    tool = tool + action
    return tool, part + action * (np.linalg.norm(tool - part) < TOUCH)


def observe(tool: np.ndarray, part: np.ndarray, stamp: float = 0.0) -> Observation:
    joints = np.concatenate([tool, np.zeros(4)])
    return Observation(picture(tool, part), JointState(joints, np.zeros(7), stamp), stamp)


class ToyArm:
    """What `Mover` and the gate need of an arm."""

    joint_names = tuple("abcdefg")

    def forward(self, joints: np.ndarray) -> Pose:
        return Pose(np.asarray(joints[:3], dtype=float))

    def inverse(self, pose: Pose, seed: np.ndarray) -> np.ndarray:
        return np.concatenate([pose.position, np.zeros(4)])

    def jacobian(self, joints: np.ndarray) -> np.ndarray:
        return np.eye(6, 7)


class ToyTable:
    """Implements `Environment` as far as pairs are asked for. drift: m that all is off by, more at every reset."""

    task = "push"

    def __init__(self, drift: float = 0.0) -> None:
        self.robot, self.kinematics = find_robot("panda"), ToyArm()
        self._drift, self._resets = drift, 0

    def reset(self, seed: int) -> Observation:
        random = np.random.default_rng(seed)
        self._tool = random.uniform([0.4, -0.1, 0.2], [0.6, 0.1, 0.3]) + self._drift * self._resets
        self._part = random.uniform([0.45, -0.1, 0.1], [0.55, 0.1, 0.1]) + self._drift * self._resets
        self._resets += 1
        return observe(self._tool, self._part)

    def step(self, command: Command, duration: float) -> Observation:
        self._tool, self._part = move(self._tool, self._part, command.joints[:3] - self._tool)
        return observe(self._tool, self._part)

    def felt(self) -> Felt:
        return Felt(np.zeros(3), 0.0)

    def tool_position(self) -> np.ndarray:
        return self._tool

    def object_position(self) -> np.ndarray:
        return self._part


class ToyDataset:
    """Random walks around an object. noise: m, of where pictures show the tool; reach: m, how far the object is at first."""

    def __init__(self, episodes: int, steps: int = 12, seed: int = 0, noise: float = 0.0, reach: float = 0.06) -> None:
        random = np.random.default_rng(seed)
        self.steps = steps
        self._episodes = [_walk(random, steps, noise, reach) for _ in range(episodes)]

    def __len__(self) -> int:
        return len(self._episodes)

    def episode(self, number: int) -> Episode:
        return self._episodes[number]


def _walk(random: np.random.Generator, steps: int, noise: float, reach: float) -> Episode:
    tool = random.uniform([0.4, -0.1, 0.1], [0.6, 0.1, 0.3])
    part = tool + random.uniform(-reach, reach, 3)
    tools, parts, actions = [tool], [part], random.uniform(-0.03, 0.03, (steps, 3))
    for action in actions:
        tool, part = move(tool, part, action)
        tools.append(tool)
        parts.append(part)
    seen = [picture(where + random.normal(0.0, noise, 3), other) for where, other in zip(tools, parts)]
    moved = np.linalg.norm(np.diff(parts, axis=0), axis=1) > 0.0
    tools, parts = np.array(tools, np.float32), np.array(parts, np.float32)
    return Episode(
        images=np.stack(seen).transpose(0, 3, 1, 2),
        joints=np.pad(tools, ((0, 0), (0, 4))),
        gripper=np.zeros(steps + 1, np.float32),
        tool=tools,
        object=parts,
        actions=actions.astype(np.float32),
        carried=np.zeros((steps, 3), np.float32),
        touch=moved.astype(np.float32),
    )


class ToyEncoder(nn.Module):
    """The visual latent is tool and object position, m. The convolution is there to be watched."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, stride=2)

    def visual(self, images: Tensor) -> Tensor:
        self.first(images.float() / 255.0)
        code = images[:, :2, 0, :6].double()
        return ((256.0 * code[:, 0] + code[:, 1]) * 1e-4 - 2.0).float()

    def forward(self, images: Tensor, joints: Tensor) -> Tensor:
        seen = self.visual(images.flatten(0, 1)).unflatten(0, images.shape[:2])
        return torch.cat([seen, joints[..., :4].float()], dim=-1)


class ToyMetric:
    """The toy latent is in metres as it is."""

    tool, object = slice(0, 3), slice(3, 6)

    def __call__(self, visual: Tensor) -> Tensor:
        return visual


class ExactModel(nn.Module):
    """Knows the toy world. gain: what it takes an action for (1 right, 0 nothing, -1 the contrary)."""

    history, step, action_dim = 2, 0.2, 3

    def __init__(self, gain: float = 1.0, ensemble: int = 1, flat: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.config = WorldModelConfig(image_size=SIZE, visual_dim=8, joint_dim=4, channels=(4,), objects=True)
        self.config = self.config.model_copy(update={"visual_dim": 6})
        self.encoder, self.gain, self.ensemble, self.flat = ToyEncoder(), gain, ensemble, flat
        self.device = torch.device("cpu")
        self.metric = ToyMetric()
        self.tool_probe = lambda visual: visual[..., :3]

    def encode(self, observations: list[Observation]) -> Tensor:
        images = torch.from_numpy(np.stack([one.image for one in observations])).permute(0, 3, 1, 2)
        joints = torch.from_numpy(np.stack([one.joints.position for one in observations]))
        return self.encoder(images[None], joints[None])[0]

    def encode_goal(self, *views: np.ndarray) -> Tensor:
        return self.encoder.visual(torch.from_numpy(views[0]).permute(2, 0, 1)[None])[0]

    def next(self, latent: Tensor, action: Tensor) -> Tensor:
        newest, action = latent[:, -1], self.gain * action
        tool, part = newest[:, :3] + action, newest[:, 3:6]
        touched = torch.linalg.vector_norm(tool - part, dim=-1, keepdim=True) < TOUCH
        felt = torch.cat([newest[:, 6:9] + action, newest[:, 9:]], dim=-1)
        return torch.stack([newest, torch.cat([tool, part + action * touched, felt], dim=-1)], dim=1)

    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        state, steps = latent.expand(len(actions), *latent.shape), []
        for action in actions.unbind(1):
            state = self.next(state, action)
            steps.append(state)
        return torch.stack(steps, dim=1)

    def goal_distance(self, latent: Tensor, goal: Tensor, focus: Focus = Focus.SCENE) -> Tensor:
        way = (latent[..., -1, :6] - goal).unflatten(-1, (2, 3)).norm(dim=-1)
        distance = way[..., 1] if focus is Focus.OBJECT else way.sum(-1)
        return 0.0 * distance if self.flat else distance

    def uncertainty(self, latent: Tensor, controls: Tensor) -> Tensor:
        return controls.norm(dim=-1)
