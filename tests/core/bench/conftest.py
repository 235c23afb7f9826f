"""A small untrained model and moments to plan at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from wm_core.agent import load_agent
from wm_core.bench.plan_check import Situation
from wm_core.bench.situations import record_situations
from wm_core.config import ModelCardConfig, PlannerConfig, WorldModelConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.types import Goal, Outcome, Stage

SMALL = WorldModelConfig(
    image_size=32,
    visual_dim=16,
    joint_dim=4,
    channels=(4, 8),
    hidden=32,
    action_dim=4,
    gripper=True,
    objects=True,
    touch=True,
)
QUICK = PlannerConfig(samples=16, horizon=3, iterations=2, deadline=60.0)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    model = JepaWorldModel(SMALL)
    model.metric.map.weight.data.mul_(10.0)  # or all futures look alike
    where = tmp_path_factory.mktemp("model")
    save_world_model(model, ModelCardConfig(model=SMALL, planner=QUICK), where)
    return where


@pytest.fixture
def agent(folder):
    return load_agent(folder, "cpu", threads=1)


class Bench:
    """As much of an environment as moments are recorded from: an arm that does at once what it is told."""

    def __init__(self, fakes, home: np.ndarray) -> None:
        self._fakes, self._home = fakes, home

    def reset(self, seed: int):
        self._random, self._joints, self._time = np.random.default_rng(seed), self._home, 0.0
        return self._look()

    def stages(self, seed: int, kind: str = "image"):
        self.last_goal = Goal(image=self._picture())
        return (Stage(self.last_goal, 2),)

    def step(self, command, duration: float):
        self._joints, self._time = command.joints, self._time + duration
        return self._look()

    def outcome(self) -> Outcome:
        return Outcome(success=self._time > 0.0, distance=0.0)

    def close(self) -> None:
        pass

    def _look(self):
        return replace(self._fakes.observe(self._joints, self._time, self._picture()), gripper=0.04)

    def _picture(self) -> np.ndarray:
        return self._random.integers(0, 256, (48, 48, 3), dtype=np.uint8)


@pytest.fixture
def scene(fakes, home):
    return Bench(fakes, home)


@pytest.fixture
def situations(scene, agent) -> list[Situation]:
    return record_situations(scene, agent, 4)
