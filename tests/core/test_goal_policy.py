"""Proposals of actions: what they are drawn from, what they may see, and that they survive the disk."""

import math

import numpy as np
import pytest
import torch

from wm_core.agent import load_agent
from wm_core.config import ModelCardConfig, PlannerConfig, PriorConfig, WorldModelConfig
from wm_core.model.action_mixture import ActionMixture
from wm_core.model.checkpoint import CheckpointError, load_card, load_world_model, save_world_model
from wm_core.model.policy_checkpoint import load_policy, save_policy
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.planning.prior import ActionPrior
from wm_core.types import Focus

CPU = torch.device("cpu")
SMALL = WorldModelConfig(
    image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32, action_dim=4, gripper=True, objects=True
)
PRIOR = PriorConfig(horizon=3, components=4, hidden=32)


def make_model(config=SMALL):
    torch.manual_seed(0)
    return JepaWorldModel(config).eval().requires_grad_(False)


@pytest.fixture
def model():
    return make_model()


@pytest.fixture
def policy(model):
    return GoalPolicy(PRIOR, model).eval()


def two_guesses():
    """Left with a share of 0.2, right with 0.8; one step of one number."""
    weights = torch.tensor([[0.2, 0.8]]).log()
    means = torch.tensor([-1.0, 1.0]).reshape(1, 2, 1, 1)
    return ActionMixture(weights, means, torch.full_like(means, 0.1))


def test_mixture_density():
    # At the middle of the right one, the other one 20 standard deviations away: 0.8 / (0.1 sqrt(2 pi))
    density = two_guesses().log_prob(torch.tensor([[[1.0]]]))
    assert density.item() == pytest.approx(math.log(0.8 / (0.1 * math.sqrt(2.0 * math.pi))), abs=1e-5)


def test_mixture_modes_and_samples():
    assert two_guesses().modes().flatten().tolist() == [1.0, -1.0]
    samples = two_guesses().sample(2000, torch.Generator().manual_seed(0))
    assert samples.shape == (1, 2000, 1, 1)
    right = samples[samples > 0]
    assert len(right) / 2000 == pytest.approx(0.8, abs=0.04)  # 4 standard deviations of sqrt(0.2 * 0.8 / 2000)
    assert right.mean().item() == pytest.approx(1.0, abs=0.01) and right.std().item() == pytest.approx(0.1, abs=0.01)
    assert torch.equal(samples, two_guesses().sample(2000, torch.Generator().manual_seed(0)))
    assert two_guesses().sample(0, torch.Generator()).shape == (len(samples), 0, *samples.shape[2:])


def test_samples_by_noise_that_somebody_else_drew():
    which, noise = torch.tensor([[0.0, 0.19, 0.21, 0.999, 1.0]]), torch.tensor([0.0, 1.0, -1.0, 2.0, 0.0]).reshape(1, 5, 1, 1)
    # The left one has a share of 0.2: -1 + 0.1 * 0, -1 + 0.1, then 1 - 0.1, 1 + 0.2 and 1
    found = two_guesses().sample_by(which, noise)
    assert found.flatten().tolist() == pytest.approx([-1.0, -0.9, 0.9, 1.2, 1.0])


def test_the_policy_is_an_action_prior(policy):
    latent, goal = torch.randn(2, 20), torch.randn(16)
    assert isinstance(policy, ActionPrior)
    modes, samples = policy.propose(latent, goal, Focus.SCENE, 7, torch.Generator().manual_seed(0))
    assert modes.shape == (4, 3, 4) and samples.shape == (7, 3, 4)
    assert torch.equal(modes, policy.modes(latent, goal, Focus.SCENE))


def test_act_is_the_first_step_of_the_likeliest_guess(policy, monkeypatch):
    # (3, 4, 0) longest steps have length 5: shortened to (0.6, 0.8, 0) times 5 cm; -0.6 is nearest to close
    first = torch.tensor([[3.0, 4.0, 0.0, -0.6], [0.0, 0.0, 0.0, 9.0], [0.0, 0.0, 0.0, 9.0]])
    monkeypatch.setattr(policy, "modes", lambda *arguments: torch.stack([first, torch.zeros(3, 4)]))
    assert policy.act(torch.randn(2, 20), torch.randn(16)).tolist() == pytest.approx([0.03, 0.04, 0.0, -1.0])


def test_about_the_object_only_its_place_in_the_goal_is_seen(model, policy):
    # A goal moved along directions that the metric's object part does not see is the same goal; to the whole scene it is not.
    latent, goal = torch.randn(2, 20), torch.randn(16)
    blind = torch.linalg.svd(model.metric.map.weight[model.metric.object])[2][3:]  # (13, 16), the null space
    other = goal + torch.randn(13) @ blind
    moved = goal + torch.randn(16)
    for focus, same in ((Focus.OBJECT, True), (Focus.SCENE, False)):
        assert torch.allclose(policy.modes(latent, goal, focus), policy.modes(latent, other, focus), atol=1e-5) is same
    assert not torch.allclose(policy.modes(latent, goal, Focus.OBJECT), policy.modes(latent, moved, Focus.OBJECT), atol=1e-5)


def test_no_object_no_focus_on_it():
    policy = GoalPolicy(PRIOR, make_model(WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)))
    with pytest.raises(ValueError, match="not trained with objects"):
        policy.act(torch.randn(2, 20), torch.randn(16), Focus.OBJECT)


@pytest.fixture
def folder(model, policy, tmp_path):
    save_world_model(model, ModelCardConfig(model=SMALL, planner=PlannerConfig(samples=16, horizon=4, deadline=60.0)), tmp_path)
    save_policy(policy, tmp_path, "prior")
    return tmp_path


def test_disk(folder, policy):
    loaded = load_policy(folder, "prior", load_world_model(folder, CPU))
    latent, goal = torch.randn(2, 20), torch.randn(16)
    assert torch.equal(loaded.modes(latent, goal), policy.modes(latent, goal))
    card = load_card(folder)
    assert card.prior == PRIOR and card.inverse_dynamics is None and card.planner.samples == 16
    with pytest.raises(CheckpointError, match="has no inverse_dynamics"):
        load_policy(folder, "inverse_dynamics", load_world_model(folder, CPU))


def test_damage_is_said(folder, model):
    weights = folder / "prior.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CheckpointError, match="damaged or was changed"):
        load_policy(folder, "prior", model)
    weights.unlink()
    with pytest.raises(CheckpointError, match="prior.safetensors is missing"):
        load_policy(folder, "prior", model)


def test_a_prior_of_another_model_is_refused(folder):
    card = load_card(folder)
    torch.manual_seed(1)
    save_world_model(JepaWorldModel(SMALL), card, folder)
    with pytest.raises(CheckpointError, match="fitted to another model.safetensors"):
        load_policy(folder, "prior", load_world_model(folder, CPU))


def test_an_agent_plans_with_the_prior_of_its_model(folder):
    agent = load_agent(folder, device="cpu", threads=1)
    assert isinstance(agent.planner.prior, GoalPolicy)
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().split("prior:\n")[0])
    assert load_agent(folder, device="cpu", threads=1).planner.prior is None
    assert np.isfinite(agent.planner.config.prior_share)
