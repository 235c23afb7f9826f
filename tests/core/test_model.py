"""The world model keeps its contract: shapes, no leak of joints into goals, imagination step by step."""

import numpy as np
import pytest
import torch

from wm_core.config import WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.protocols import Encoder, Predictor, WorldModel
from wm_core.types import JointState, Observation

CONFIG = WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return JepaWorldModel(CONFIG).eval().requires_grad_(False)


def observation(seed: int, joints: np.ndarray | None = None) -> Observation:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    position = random.normal(size=7) if joints is None else joints
    return Observation(image, JointState(position, np.zeros(7), 0.2 * seed), 0.2 * seed)


def test_the_parts_keep_their_contracts(model):
    assert isinstance(model, WorldModel) and isinstance(model.encoder, Encoder) and isinstance(model.predictor, Predictor)


def test_shapes(model):
    latent = model.encode([observation(0), observation(1)])
    assert latent.shape == (2, 20)  # two moments, 16 visual + 4 joints
    assert model.encode_goal(observation(2).image).shape == (16,)
    assert model.rollout(latent, torch.zeros(5, 3, 3)).shape == (5, 3, 2, 20)


def test_a_rollout_is_repeated_next(model):
    latent = model.encode([observation(0), observation(1)])
    actions = 0.05 * torch.randn(4, 3, 3, generator=torch.Generator().manual_seed(1))
    state = latent.expand(4, 2, 20)
    for step in range(3):
        state = model.next(state, actions[:, step])
        torch.testing.assert_close(model.rollout(latent, actions)[:, step], state)


def test_next_shifts_the_history(model):
    latent = model.encode([observation(0), observation(1)])[None]
    torch.testing.assert_close(model.next(latent, torch.zeros(1, 3))[:, 0], latent[:, 1])


@pytest.mark.parametrize("kind", ["metric", "latent", "both"])
def test_joints_take_no_share_in_the_goal_distance(kind):
    torch.manual_seed(0)
    model = JepaWorldModel(CONFIG.model_copy(update={"distance": kind})).eval().requires_grad_(False)
    goal = model.encode_goal(observation(5).image)
    one = model.encode([observation(0), observation(1)])
    other = model.encode([observation(0), observation(1, joints=np.full(7, 2.0))])
    assert not torch.equal(one, other)  # the model does feel its joints ...
    torch.testing.assert_close(model.goal_distance(one, goal), model.goal_distance(other, goal))  # ... the cost does not


@pytest.mark.parametrize("kind", ["metric", "latent", "both"])
def test_the_picture_of_the_goal_is_at_distance_zero(kind):
    torch.manual_seed(0)
    model = JepaWorldModel(CONFIG.model_copy(update={"distance": kind})).eval().requires_grad_(False)
    here = observation(3)
    assert model.goal_distance(model.encode([observation(2), here]), model.encode_goal(here.image)) == pytest.approx(0, abs=1e-5)
    assert model.goal_distance(model.encode([observation(2), here]), model.encode_goal(observation(4).image)) > 1e-4


def test_a_wrong_number_of_observations_is_refused(model):
    with pytest.raises(ValueError, match="got 1 observations, expected 2"):
        model.encode([observation(0)])
