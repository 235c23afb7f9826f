"""The one-line way in."""

import numpy as np
import pytest
import torch

from wm_core.agent import WorldModelAgent, load_agent
from wm_core.config import ModelCardConfig, PlannerConfig, WorldModelConfig
from wm_core.history import NotReady, StampError
from wm_core.latent_world_model import LatentWorldModel
from wm_core.model.checkpoint import model_hash, save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.planning import MpcPlanner
from wm_core.protocols import WorldModel
from wm_core.skills.experience import Experience
from wm_core.skills.experience_store import ExperienceError, save_experience
from wm_core.types import Goal, PlannerState

SMALL = WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)
QUICK = PlannerConfig(samples=16, horizon=3, iterations=2, deadline=60.0)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return JepaWorldModel(SMALL).eval().requires_grad_(False)


@pytest.fixture
def agent(model, robot, arm):
    return WorldModelAgent(model.encoder, model.predictor, MpcPlanner(robot, arm, QUICK, model, threads=1))


@pytest.fixture
def see(fakes, home):
    def at(stamp, seed=None):
        random = np.random.default_rng(int(10 * stamp) if seed is None else seed)
        image = random.integers(0, 256, (48, 48, 3), dtype=np.uint8)
        return fakes.observe(home, stamp, image)

    return at


@pytest.fixture
def goal(see):
    return Goal(image=see(99.0).image)


def test_the_first_call_takes_the_arm_to_be_at_rest(agent, see, goal):
    plan = agent.choose_action(see(0.0), goal)
    wanted, _ = agent.plan([see(0.0)] * 2, goal, PlannerState(seed=0))
    assert np.array_equal(plan.joint_path, wanted.joint_path)


def test_it_is_plan_with_a_memory(agent, see, goal):
    made = [agent.choose_action(see(stamp), goal) for stamp in (0.0, 0.2, 0.4)]
    state = PlannerState(seed=0)
    for plan, window in zip(made, ([0.0, 0.0], [0.0, 0.2], [0.2, 0.4])):
        wanted, state = agent.plan([see(stamp) for stamp in window], goal, state)
        assert np.array_equal(plan.joint_path, wanted.joint_path)


def test_faster_than_the_model_the_nearest_frame_is_taken(agent, see, goal):
    for row in range(7):
        agent.choose_action(see(0.05 * row, seed=row), goal)
    last, window = see(0.35, seed=7), [see(0.15, seed=3), see(0.35, seed=7)]
    agent._state = PlannerState(seed=5)
    plan, (wanted, _) = agent.choose_action(last, goal), agent.plan(window, goal, PlannerState(seed=5))
    assert np.array_equal(plan.joint_path, wanted.joint_path)


def test_reset_makes_it_repeatable(agent, see, goal):
    runs = []
    for _ in range(2):
        agent.reset(seed=3)
        runs.append([agent.choose_action(see(stamp), goal).joint_path for stamp in (0.0, 0.2)])
    assert np.array_equal(runs[0], runs[1])


def test_its_first_seed_is_the_configured_one(model, tmp_path, see, goal):
    made = []
    for seed in (0, 3):
        planner = QUICK.model_copy(update={"seed": seed})
        save_world_model(model, ModelCardConfig(model=SMALL, planner=planner), tmp_path)
        agent = load_agent(tmp_path, device="cpu", threads=1)
        first = agent.choose_action(see(0.0), goal).joint_path
        wanted, _ = agent.plan([see(0.0)] * 2, goal, PlannerState(seed=seed))
        agent.reset()
        assert np.array_equal(first, wanted.joint_path) and np.array_equal(first, agent.choose_action(see(0.0), goal).joint_path)
        made.append(first)
    assert not np.array_equal(*made)


def test_a_new_goal_begins_anew(agent, see, goal):
    agent.choose_action(see(0.0), goal)
    agent.choose_action(see(0.2), Goal(image=goal.image))
    seed = agent._state.seed
    agent.reset(seed)
    assert agent._state.mean is None


def test_stale_observations_and_gaps(agent, see, goal):
    agent.choose_action(see(1.0), goal)
    with pytest.raises(StampError):
        agent.choose_action(see(1.0), goal)
    agent.choose_action(see(1.3), goal)  # 1.1 was wanted, 1.0 is within half a period
    with pytest.raises(NotReady, match="no frame at"):
        agent.choose_action(see(1.62), goal)  # 1.42: 1.3 is 0.12 s away


def test_parts_must_belong_together(model, robot, arm):
    other = JepaWorldModel(SMALL)
    planner = MpcPlanner(robot, arm, QUICK, model)
    with pytest.raises(ValueError, match="another encoder"):
        WorldModelAgent(other.encoder, model.predictor, planner)
    with pytest.raises(ValueError, match="another predictor"):
        WorldModelAgent(model.encoder, other.predictor, planner)


def test_a_planner_without_a_model_gets_one_of_the_parts(model, robot, arm, see, goal):
    agent = WorldModelAgent(model.encoder, model.predictor, MpcPlanner(robot, arm, QUICK, threads=1), image_size=32)
    made = agent.planner.world_model
    assert isinstance(made, WorldModel) and made.encoder is model.encoder
    observations = [see(0.0), see(0.2)]
    assert torch.equal(made.encode(observations), model.encode(observations))
    assert torch.equal(made.encode_goal(goal.image), model.encode_goal(goal.image))
    latent, actions = made.encode(observations), torch.randn(4, 3, 3)
    assert torch.equal(made.rollout(latent, actions), model.rollout(latent, actions))
    # (0, 3, 4) more in the visual part is 5 away, whatever the joints' part does
    moved = latent.clone()
    moved[-1, 1:3] += torch.tensor([3.0, 4.0])
    moved[-1, 16:] += 7.0
    assert float(made.goal_distance(moved, latent[-1, :16])) == pytest.approx(5.0)
    assert agent.choose_action(see(0.0), goal).latent_cost > 0.0


def test_wrong_number_of_observations(model, see):
    with pytest.raises(ValueError, match="got 1 observations, expected 2"):
        LatentWorldModel(model.encoder, model.predictor, image_size=32).encode([see(0.0)])


def test_load_agent(model, tmp_path, see, goal):
    save_world_model(model, ModelCardConfig(model=SMALL, planner=QUICK), tmp_path)
    agent = load_agent(tmp_path, device="cpu", threads=1)
    assert agent.planner.config == QUICK and agent.planner.robot.name == "panda"
    plan = agent.choose_action(see(0.0), goal)
    assert plan.joint_path.shape == (3, 7) and np.isfinite(plan.joint_path).all()


def test_experience_that_belongs_to_other_weights(model, tmp_path):
    save_world_model(model, ModelCardConfig(model=SMALL, planner=QUICK), tmp_path)
    assert load_agent(tmp_path, device="cpu", threads=1).experience is None
    own = Experience(model_sha256=model_hash(tmp_path), skills={})
    save_experience(own, tmp_path)
    assert load_agent(tmp_path, device="cpu", threads=1).experience == own
    save_experience(Experience(model_sha256="other", skills={}), tmp_path)
    with pytest.raises(ExperienceError, match="other weights"):
        load_agent(tmp_path, device="cpu", threads=1)
    assert load_agent(tmp_path, device="cpu", threads=1, experienced=False).experience is None  # to fit it anew
