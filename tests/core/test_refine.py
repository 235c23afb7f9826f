"""The second stage of training: a metric over long ways, touch, long rollouts."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from wm_core.config import RefineConfig, WorldModelConfig
from wm_core.model.touch import hold_untouched, way_back
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.descent import TrainingError
from wm_core.training.latent_cache import LatentCache
from wm_core.training.metric_fit import equations, refit_metric
from wm_core.training.refine import refine

CONFIG = WorldModelConfig(
    image_size=32, channels=(4, 8), visual_dim=16, joint_dim=8, hidden=32, action_dim=4, gripper=True, objects=True, touch=True
)


def test_what_nobody_touches_stays_where_it_is():
    torch.manual_seed(0)
    object_map = torch.randn(3, 16)
    back = way_back(object_map)
    before, after = torch.randn(5, 16), torch.randn(5, 16)
    kept = hold_untouched(before, after, torch.zeros(5), object_map, back)
    torch.testing.assert_close(kept @ object_map.T, before @ object_map.T, atol=1e-4, rtol=1e-4)
    # What the object's place is not read from changes as predicted: the correction lies in the map's rows.
    off = torch.randn(4, 16)
    off = off - (off @ torch.linalg.pinv(object_map)) @ object_map
    torch.testing.assert_close(kept @ off.T, after @ off.T, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(hold_untouched(before, after, torch.ones(5), object_map, back), after)
    half = hold_untouched(before, after, torch.full((5,), 0.5), object_map, back)
    torch.testing.assert_close(half @ object_map.T, 0.5 * (before + after) @ object_map.T, atol=1e-4, rtol=1e-4)


def test_a_model_that_foresees_no_touch_imagines_no_object_motion():
    torch.manual_seed(0)
    model = JepaWorldModel(CONFIG).eval()
    with torch.no_grad():
        model.touch_head.layers[-1].weight.zero_()
        model.touch_head.layers[-1].bias.fill_(-30.0)  # a touch of e^-30
        future = model.rollout(torch.randn(2, 24), torch.randn(7, 9, 4))
        read = model.metric(future[:, :, -1, :16])
    assert read[..., model.metric.object].diff(dim=1).abs().max() < 1e-4
    assert read[..., model.metric.tool].diff(dim=1).abs().max() > 1e-3  # the rest goes on


def test_the_metric_is_fitted_to_what_is_sure():
    # One number follows the truth; the other rows are noise of 1 m, told to be 100 times less sure.
    random = torch.Generator().manual_seed(0)
    inputs = torch.randn(4000, 3, generator=random, dtype=torch.float64)
    truth = inputs @ torch.tensor([[0.5], [0.0], [-0.2]], dtype=torch.float64)
    noise = torch.randn(4000, 1, generator=random, dtype=torch.float64)
    doubtful = torch.arange(4000) % 2 == 1
    weights = torch.where(doubtful, 0.01, 1.0).double()
    found = equations(inputs, truth + torch.where(doubtful[:, None], noise, 0.0), weights).solve()
    # Standard error of a coefficient: sqrt(2000 * 0.01^2) / (2000 * 1.01) = 2e-4, and the ridge takes 0.1 %.
    np.testing.assert_allclose(found[0], [0.5, 0.0, -0.2], atol=2e-3)


def touching_world(episodes=40, steps=20):
    """Latents whose first numbers are tool x and object x; the tool takes the object along while it is within 2 cm."""
    random = np.random.default_rng(0)
    tool, thing = np.zeros((episodes, steps + 1)), np.zeros((episodes, steps + 1))
    tool[:, 0], thing[:, 0] = random.uniform(-0.1, 0.1, episodes), random.uniform(-0.1, 0.1, episodes)
    moves, touch = random.uniform(-0.04, 0.04, (episodes, steps)), np.zeros((episodes, steps))
    for step in range(steps):
        touch[:, step] = np.abs(tool[:, step] - thing[:, step]) < 0.02
        tool[:, step + 1] = tool[:, step] + moves[:, step]
        thing[:, step + 1] = thing[:, step] + touch[:, step] * moves[:, step]
    latents = torch.zeros(episodes, steps + 1, 24)
    latents[..., 0], latents[..., 1] = torch.from_numpy(10.0 * tool), torch.from_numpy(10.0 * thing)
    line = lambda values: np.stack([values, np.zeros_like(values), np.zeros_like(values)], axis=-1).astype(np.float32)
    actions = np.concatenate([line(moves), np.zeros((episodes, steps, 1), np.float32)], axis=-1)
    carried = line(touch * moves)

    class World(SimpleNamespace):
        def __len__(self):
            return episodes

    world = World(
        steps=steps, tool=line(tool), object=line(thing), gripper=np.zeros((episodes, steps + 1), np.float32),
        actions=actions, carried=carried, touch=touch.astype(np.float32), manifest=SimpleNamespace(gripper=False),
    )
    return world, LatentCache(latents.half(), actions, carried)


def test_refinement_finds_the_object_and_foresees_touch():
    torch.manual_seed(0)
    world, cache = touching_world()
    model = JepaWorldModel(CONFIG)
    refit_metric(model, cache, world, pair_steps=20, seed=0)
    # The object's x is a tenth of the second number and of no other; no label said so.
    np.testing.assert_allclose(model.metric.map.weight[4, :2].detach(), [0.0, 0.1], atol=0.005)
    seen = list(refine(model, cache, world, RefineConfig(steps=150, batch=64, horizon=5, learning_rate=3e-3)))
    start, end = seen[0], seen[-1]
    # Touch is there in a good fifth of the steps: guessing that costs about 0.5 nats, a coin 0.69.
    assert start.touch > 0.5 and end.touch < 0.35
    assert end.metric < 0.3 * start.metric
    assert not any(weight.requires_grad for weight in model.parameters())


def test_episodes_too_short_to_refine_on_are_refused():
    model = JepaWorldModel(CONFIG)
    world, cache = touching_world(episodes=4, steps=6)
    assert len(list(refine(model, cache, world, RefineConfig(steps=1, batch=2, horizon=5)))) == 1  # 2 + 5 - 1 actions are enough
    with pytest.raises(TrainingError, match="episodes have 6 actions, expected at least 7 to refine on"):
        next(refine(model, cache, world, RefineConfig(steps=1, batch=2, horizon=6)))


def test_a_refinement_that_diverges_stops_at_the_step_and_leaves_the_weights():
    torch.manual_seed(0)
    world, cache = touching_world()
    model = JepaWorldModel(CONFIG)
    before = [weight.detach().clone() for weight in model.predictor.parameters()]
    broken = LatentCache(torch.full_like(cache.latents, torch.nan), cache.actions, cache.carried)
    with pytest.raises(TrainingError, match="the loss is nan at step 1"):
        next(refine(model, broken, world, RefineConfig(steps=2, batch=2, horizon=5)))
    assert all(torch.equal(weight, old) for weight, old in zip(model.predictor.parameters(), before))
