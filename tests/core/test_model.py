"""The world model keeps its contract: shapes, no leak of joints into goals, imagination step by step."""

import numpy as np
import pytest
import torch

from wm_core.config import ConfigError, MetricWeights, WorldModelConfig, parse_config
from wm_core.model.keypoints import Keypoints
from wm_core.model.world_model import JepaWorldModel
from wm_core.protocols import Encoder, Predictor, WorldModel
from wm_core.resources import find_model
from wm_core.types import Focus, JointState, Observation

SMALL = dict(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)
OBJECTS = dict(action_dim=4, gripper=True, objects=True)
CONFIG = WorldModelConfig(**SMALL)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return JepaWorldModel(CONFIG).eval().requires_grad_(False)


def observation(seed: int, joints: np.ndarray | None = None) -> Observation:
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    position = random.normal(size=7) if joints is None else joints
    return Observation(image, JointState(position, np.zeros(7), 0.2 * seed), 0.2 * seed)


def made(**changes) -> JepaWorldModel:
    torch.manual_seed(0)
    return JepaWorldModel(WorldModelConfig(**(SMALL | changes))).eval().requires_grad_(False)


def equipped(seed: int, opening: float = 0.04) -> Observation:
    """An observation of an arm with a gripper and two cameras."""
    one, other = observation(seed), observation(seed + 100)
    return Observation(one.image, one.joints, one.stamp, gripper=opening, other_views=(other.image,))


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


@pytest.mark.parametrize("latent", [{}, {"latent": "grid", "predictor": "conv", "visual_dim": 3 * 64}], ids=["vector", "grid"])
def test_a_model_of_two_views_and_a_gripper(latent):
    model = made(**OBJECTS, views=2, **latent)
    assert isinstance(model.encoder, Encoder) and isinstance(model.predictor, Predictor)
    seen = model.encode([equipped(0), equipped(1)])
    size = model.config.visual_dim
    assert seen.shape == (2, size + 4)
    goal = model.encode_goal(equipped(1).image, *equipped(1).other_views)
    torch.testing.assert_close(seen[1, :size], goal)
    future = model.rollout(seen, torch.zeros(5, 3, 4))
    assert future.shape == (5, 3, 2, size + 4)
    assert model.goal_distance(future, goal, Focus.OBJECT).shape == (5, 3)
    assert model.object_position(future).shape == (5, 3, 3)
    # Both views count, and the fingers are felt.
    other = model.encode([equipped(0), Observation(**vars(equipped(1)) | {"other_views": equipped(2).other_views})])
    assert not torch.equal(other[1, :size], seen[1, :size])
    assert not torch.equal(model.encode([equipped(0), equipped(1, opening=0.0)])[1, size:], seen[1, size:])


def test_more_cameras_may_look_on_than_the_model_sees_with():
    model = made(**OBJECTS)
    alone, watched = [equipped(0), equipped(1)], []
    for one in alone:
        watched.append(Observation(**vars(one) | {"other_views": (np.zeros_like(one.image),)}))
    assert torch.equal(model.encode(alone), model.encode(watched))


def test_what_is_missing_from_an_observation_is_named():
    model = made(**OBJECTS, views=2)
    with pytest.raises(ValueError, match="got 1 views, expected 2"):
        model.encode([observation(0), observation(1)])
    with pytest.raises(ValueError, match="got 1 views, expected 2"):
        model.encode_goal(observation(0).image)
    with pytest.raises(ValueError, match="does not tell the gripper's opening"):
        made(**OBJECTS).encode([observation(0), observation(1)])


def test_the_distance_adds_the_weighted_parts_and_can_look_at_the_object_alone():
    model = made(**OBJECTS, metric_weights=MetricWeights(tool=1.0, gripper=0.5, object=2.0))
    # The metric reads the first seven numbers of the latent as they are: tool (3), opening, object (3), all in m.
    model.metric.map.weight.zero_()[:, :7] = torch.eye(7)
    latent, goal = torch.zeros(2, 20), torch.zeros(16)
    latent[1, :7] = torch.tensor([0.03, 0.04, 0.0, 0.02, 0.0, 0.0, 0.1])
    # 1.0 * 5 cm + 0.5 * 2 cm + 2.0 * 10 cm = 26 cm; of the object alone 2.0 * 10 cm
    assert float(model.goal_distance(latent, goal)) == pytest.approx(0.26)
    assert float(model.goal_distance(latent, goal, Focus.OBJECT)) == pytest.approx(0.2)
    still = torch.zeros(2, 20)
    tool, thing = model.motion(still, latent)
    torch.testing.assert_close(tool, torch.tensor([0.03, 0.04, 0.0]))
    torch.testing.assert_close(thing, torch.tensor([0.0, 0.0, 0.1]))


def test_a_made_goal_reads_as_it_was_asked_for_and_nothing_else_changes():
    model = made(**OBJECTS)
    latent = model.encode([equipped(0), equipped(1)])
    thing, tool = torch.tensor([0.1, -0.05, 0.02]), torch.tensor([0.0, 0.03, -0.04])
    goal = model.goal_at(latent, thing, tool, opening=-0.03)
    read, seen = model.metric.map.weight, latent[-1, :16]
    wanted = torch.cat([tool, torch.tensor([-0.03]), thing])
    torch.testing.assert_close((goal - seen) @ read.T, wanted, atol=1e-4, rtol=1e-3)
    # The least change there is: it lies in what the metric looks at.
    blind = torch.linalg.svd(read).Vh[7:]
    assert (blind @ (goal - seen)).abs().max() < 1e-4
    # Without a way the tool and the fingers are as they were.
    torch.testing.assert_close((model.goal_at(latent, thing) - seen) @ read.T, torch.cat([torch.zeros(4), thing]), atol=1e-4, rtol=1e-3)


def test_goals_are_made_where_places_are_linear_in_the_latent(model):
    grid = made(**OBJECTS | dict(latent="grid", visual_dim=128))
    assert [one.makes_goals for one in (made(**OBJECTS), model, grid)] == [True, False, False]
    with pytest.raises(ValueError, match="expected a model with objects and a latent that is a vector"):
        model.goal_at(torch.zeros(2, 20), torch.zeros(3))


def test_a_model_without_objects_says_so(model):
    latent = model.encode([observation(0), observation(1)])
    with pytest.raises(ValueError, match="not trained with objects"):
        model.goal_distance(latent, latent[-1, :16], Focus.OBJECT)
    with pytest.raises(ValueError, match="not trained with objects"):
        model.object_position(latent)
    with pytest.raises(ValueError, match="not trained with objects"):
        model.motion(latent, latent)


def test_uncertainty_is_how_far_apart_the_members_end():
    model = made(ensemble=2)
    model.metric.map.weight.zero_()[:, :3] = torch.eye(3)

    class Drift(torch.nn.Module):
        def __init__(self, way: float) -> None:
            super().__init__()
            self.way = way

        def forward(self, history, action):
            return history[:, -1] + self.way

    model.predictor, model.other_predictors[0] = Drift(0.01), Drift(0.03)
    # After n steps the members differ by 2 n cm on each of three axes: n cm from their mean, sqrt(3) n cm in space.
    found = model.uncertainty(torch.zeros(2, 20), torch.zeros(4, 3))
    torch.testing.assert_close(found, 3**0.5 * 0.01 * torch.arange(1.0, 5.0))
    assert model.uncertainty(torch.zeros(2, 20), torch.zeros(6, 4, 3)).shape == (6, 4)
    # The first member alone plans.
    assert float(model.rollout(torch.zeros(2, 20), torch.zeros(1, 2, 3))[0, 1, 1, 0]) == pytest.approx(0.02)


def test_one_predictor_cannot_tell_how_sure_it_is(model):
    with pytest.raises(ValueError, match="one predictor"):
        model.uncertainty(torch.zeros(2, 20), torch.zeros(4, 3))


@pytest.mark.parametrize("kind", [{}, {"latent": "grid", "predictor": "conv", "visual_dim": 128}], ids=["mlp", "conv"])
def test_a_model_that_is_not_conditioned_on_actions_ignores_them(kind):
    for conditioned in (True, False):
        model = made(action_conditioned=conditioned, **kind)
        latent = torch.randn(1, 2, model.config.visual_dim + 4, generator=torch.Generator().manual_seed(0))
        one, other = (model.next(latent, torch.full((1, 3), value)) for value in (-0.05, 0.05))
        assert torch.equal(one, other) is not conditioned


def test_the_metric_of_a_grid_reads_where_something_is():
    # A grid of one channel with a single bright cell: the attention is made to look at brightness, sharply.
    model = made(latent="grid", predictor="conv", visual_dim=64)
    pooling = model.metric.pooling
    pooling.attention = torch.nn.Conv2d(1, 16, 1, bias=False)
    pooling.attention.weight.data.fill_(50.0)
    grid = torch.zeros(8, 8)
    grid[6, 1] = 1.0
    with torch.no_grad():
        found = pooling(grid.flatten()).unflatten(0, (16, 3))[0]
    # Cells lie at -1, -5/7, ... 1: row 6 at 5/7, column 1 at -5/7; the value seen there is 1.
    torch.testing.assert_close(found, torch.tensor([5 / 7, -5 / 7, 1.0]))


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"predictor": "conv"}, "predictor 'conv' needs latent 'grid'"),
        ({"latent": "grid", "visual_dim": 100}, "no multiple of the 8 x 8 cells"),
        ({"objects": True, "action_dim": 2}, "expected 3 with objects"),
        ({"gripper": True, "action_dim": 1}, "leaves 0 for the tool"),
        ({"channels": (4,) * 6}, "too many"),
    ],
    ids=str,
)
def test_impossible_architectures_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        parse_config(WorldModelConfig, SMALL | wrong, "test")


def test_the_shipped_reach_model_measures_with_a_plain_linear_map():
    from wm_core.model.checkpoint import load_world_model

    model = load_world_model(find_model("panda_tabletop"), torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    size = model.config.visual_dim
    one, other = torch.randn(2, size, generator=generator)
    # The distance is that of a plain linear map to three numbers, nothing added.
    expected = torch.linalg.vector_norm(model.metric.map.weight @ (one - other))
    latent = torch.zeros(2, size + model.config.joint_dim)
    latent[1, :size] = one
    torch.testing.assert_close(model.goal_distance(latent, other), expected)
    assert model.metric.map.weight.shape == (3, size)


def test_keypoints_follow_what_moves_in_the_picture():
    """A map that lights up where the picture is bright tells the bright spot's place to a fraction of a cell."""
    points = Keypoints(16)
    for row, column in ((3.0, 5.0), (3.5, 5.0), (12.0, 9.25)):
        away = (torch.arange(16.0)[:, None] - row).square() + (torch.arange(16.0) - column).square()
        found = points((10.0 - away)[None, None])[0]
        # Cells are 6 / 15 = 0.4 apart, from -3 on; the softmax of a parabola is a Gaussian about its top.
        np.testing.assert_allclose(found[:2], [-3.0 + 0.4 * row, -3.0 + 0.4 * column], atol=0.01)
        assert 0.8 < float(found[2]) < 0.85  # tanh(10 / 8) = 0.848 on a cell, tanh((10 - 0.25) / 8) = 0.84 between two


def test_a_model_of_keypoints_encodes_as_any_other():
    model = made(keypoints=6)
    assert model.encode([observation(1), observation(2)]).shape == (2, 20)
    assert model.encoder.project.weight.shape == (16, 18)  # row, column and clearness of six
    with pytest.raises(ConfigError, match="keypoints"):
        parse_config(WorldModelConfig, dict(keypoints=4, latent="grid", visual_dim=64, image_size=32, channels=(4, 8)), "here")
