"""Fitting a policy to latents: what its goals are, and that it learns to heed them."""

import numpy as np
import pytest
import torch

from wm_core.config import PriorConfig, WorldModelConfig
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.hindsight import HindsightSampler
from wm_core.training.latent_cache import LatentCache, cache_latents, hold_command
from wm_core.training.prior import check_prior, fit_prior
from wm_core.training.schedule import warm_up_and_decay
from wm_core.types import Focus

CPU = torch.device("cpu")
MODEL = WorldModelConfig(
    image_size=32, visual_dim=8, joint_dim=4, channels=(4, 8), hidden=32, action_dim=4, gripper=True, objects=True
)
EPISODES, STEPS, LONGEST = 40, 30, 0.05


@pytest.fixture(scope="module")
def model():
    """Its metric reads the tool off the first three numbers of the visual latent (dm), the object off the next three."""
    made = JepaWorldModel(MODEL).eval().requires_grad_(False)
    made.metric.map.weight.zero_()
    made.metric.map.weight[made.metric.tool, 0:3] = 0.1 * torch.eye(3)
    made.metric.map.weight[made.metric.object, 3:6] = 0.1 * torch.eye(3)
    return made


def wandering(seed=0, episodes=EPISODES):
    """A closed hand that wanders and carries the object along in the second half of every episode."""
    random = np.random.default_rng(seed)
    heading = random.normal(size=(episodes, 1, 3))
    moves = heading + 0.5 * random.normal(size=(episodes, STEPS, 3))
    moves = (LONGEST * moves / np.maximum(1.0, np.linalg.norm(moves, axis=-1, keepdims=True))).astype(np.float32)
    carried = moves * (np.arange(STEPS) >= STEPS // 2)[:, None]
    latents = np.zeros((episodes, STEPS + 1, 12), dtype=np.float32)
    latents[:, 1:, 0:3], latents[:, 1:, 3:6] = 10.0 * moves.cumsum(1), 10.0 * carried.cumsum(1)
    latents[..., :6] += 0.5 * random.normal(size=(episodes, 1, 6))  # where the episode begins
    actions = np.concatenate([moves / LONGEST, np.ones((episodes, STEPS, 1), np.float32)], axis=-1)
    actions[:, STEPS // 2 :, 3] = -1.0
    return LatentCache(torch.from_numpy(latents).half(), actions, carried)


def test_held_commands():
    said = np.array([[0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0, -1.0]])
    assert hold_command(said).tolist() == [[0, 0, -1, -1, 1, 1, 1, -1]]


def test_goals_are_later_frames_of_the_same_episode():
    cache, config = wandering(), PriorConfig(horizon=4, goal_steps=6)
    batch = HindsightSampler(cache, MODEL, config, CPU).batch(400, seed=0, step=1)
    # What was done until the goal adds up to the way there; goals up to 4 steps ahead lie within the horizon.
    way = batch.goal[:, :3] - batch.now[:, -1, :3]
    done = 10.0 * LONGEST * batch.actions[..., :3].sum(1)
    within = (way - done).norm(dim=-1) < 0.02  # half precision: latents of up to 10 are told to 0.004
    assert 0.55 < within.float().mean() < 0.8  # 4 of 6 distances, and nearer ones at the end of an episode
    still = batch.actions[..., :3].norm(dim=-1) == 0.0
    assert still.any() and not still[:, 0].any()
    # The tool stops at the goal; the fingers stay as they were told last.
    assert torch.equal((batch.actions[..., 3] != 0).all(-1), torch.ones(400, dtype=torch.bool))
    again = HindsightSampler(cache, MODEL, config, CPU).batch(400, seed=0, step=1)
    assert torch.equal(batch.goal, again.goal) and torch.equal(batch.actions, again.actions)
    other = HindsightSampler(cache, MODEL, config, CPU).batch(400, seed=0, step=2)
    assert not torch.equal(batch.goal, other.goal)


def test_half_of_the_goals_have_the_object_elsewhere():
    batch = HindsightSampler(wandering(), MODEL, PriorConfig(), CPU).batch(400, seed=0, step=1)
    moved = 0.1 * (batch.goal[:, 3:6] - batch.now[:, -1, 3:6]).norm(dim=-1)  # m
    assert moved[:200].min() > 0.02 - 1e-3
    object_only = batch.object_only.bool()
    assert moved[object_only].min() > 0.02 - 1e-3
    # half of those 200; 4 standard deviations of sqrt(0.25 / 200) are 0.14
    assert object_only[:200].float().mean() == pytest.approx(0.5, abs=0.14) and not object_only[200:].any()


def test_where_nothing_moved_all_goals_are_about_the_scene():
    still = wandering()
    cache = LatentCache(still.latents, still.actions, np.zeros_like(still.carried))
    assert not HindsightSampler(cache, MODEL, PriorConfig(), CPU).batch(100, seed=0, step=1).object_only.any()


def test_the_first_frame_stands_in_for_what_was_before_it():
    latents = torch.arange(4.0).reshape(1, 4, 1).expand(1, 4, 12).half()  # every number of moment t is t
    cache = LatentCache(latents, np.zeros((1, 3, 4), np.float32), np.zeros((1, 3, 3), np.float32))
    batch = HindsightSampler(cache, MODEL, PriorConfig(), CPU).batch(200, seed=0, step=1)
    pairs = {tuple(row) for row in batch.now[..., 0].tolist()}
    assert pairs == {(0.0, 0.0), (0.0, 1.0), (1.0, 2.0)}


@pytest.fixture(scope="module")
def fitted(model):
    torch.manual_seed(0)
    config = PriorConfig(horizon=3, components=2, hidden=64, layers=2, dropout=0.0, goal_steps=5, steps=400, batch=256, learning_rate=5e-3)
    policy = GoalPolicy(config, model)
    losses = [now.loss for now in fit_prior(policy, model, wandering(), config)]
    return config, policy, losses


def test_it_learns_to_go_to_the_goal(fitted, model):
    config, policy, losses = fitted
    assert len(losses) == 400 and np.mean(losses[-20:]) < np.mean(losses[:20]) - 0.3
    found = check_prior(policy, model, wandering(seed=1, episodes=20), config)
    # Steps of up to 5 cm; with the goals of others it goes elsewhere, and a guess among two is at least as good as the first.
    assert found.error < 0.03 and found.shuffled_error > 1.3 * found.error and found.nearest_error <= found.error
    now = torch.zeros(2, 12)
    goal = torch.zeros(8)
    goal[1] = 1.0  # the tool 10 cm further along y
    action = policy.act(now, goal)
    assert action[1] > 0.02 and abs(action[0]) < 0.5 * action[1]


def test_it_goes_where_the_object_shall_go(fitted):
    _, policy, _ = fitted
    now = torch.zeros(2, 12)
    for sign in (1.0, -1.0):
        goal = torch.full((8,), 5.0)  # the rest of the picture says nothing
        goal[3:6] = torch.tensor([sign, 0.0, 0.0])
        action = policy.act(now, goal, Focus.OBJECT)
        assert sign * action[0] > 0.01


def test_the_same_seed_fits_the_same(model):
    results = []
    for _ in range(2):
        torch.manual_seed(0)
        config = PriorConfig(hidden=16, steps=5, batch=16)
        policy = GoalPolicy(config, model)
        list(fit_prior(policy, model, wandering(episodes=4), config))
        results.append(policy.state_dict())
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])


@pytest.mark.parametrize("steps", [1, 2, 19, 20, 21, 40])
def test_any_number_of_steps_is_warmed_up_and_ends_slowly(steps):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    schedule, rates = warm_up_and_decay(optimiser, 0.5, steps), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert max(rates) <= 0.5 and (steps == 1 or rates[-1] < 1e-4)
    # From the second step on, or the third where there are more than twenty, it only falls.
    falling = rates[2 if steps > 20 else 1 :]
    assert falling == sorted(falling, reverse=True)


def test_the_cache_is_what_the_model_sees():
    config = WorldModelConfig(image_size=32, visual_dim=8, joint_dim=4, channels=(4, 8), hidden=32, action_dim=4, gripper=True)
    made = JepaWorldModel(config).eval().requires_grad_(False)
    random = np.random.default_rng(0)

    class Recorded:
        """Just enough of a `Dataset`."""

        steps = 3
        joints, gripper = random.normal(size=(2, 4, 7)).astype(np.float32), np.full((2, 4), 0.08, np.float32)
        actions = np.array([[[0.05, 0.0, 0.0, -1], [0.0, -0.025, 0.0, 0], [0.0, 0.0, 0.0, 1]]] * 2, dtype=np.float32)
        carried = np.zeros((2, 3, 3), np.float32)
        pictures = random.integers(0, 256, (2, 4, 3, 32, 32), dtype=np.uint8)

        def __len__(self):
            return 2

        def images(self, episode):
            return self.pictures[episode]

    told = []
    cache = cache_latents(made, Recorded(), told.append)
    assert told == [1, 2]
    felt = np.concatenate([Recorded.joints, Recorded.gripper[..., None]], axis=-1)
    wanted = made.encoder(torch.from_numpy(Recorded.pictures), torch.from_numpy(felt))
    assert torch.allclose(cache.latents.float(), wanted, atol=5e-3)
    assert cache.actions[0].tolist() == [[1.0, 0.0, 0.0, -1.0], [0.0, -0.5, 0.0, -1.0], [0.0, 0.0, 0.0, 1.0]]
    assert Recorded.actions[0, 0, 0] == np.float32(0.05)  # the data itself is left as it was
