"""Rounds that the planner drives: the episodes that surprise the model most are kept, and told apart."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from wm_core.backends.backed_model import BackedWorldModel
from wm_core.config import ModelCardConfig, WorldModelConfig
from wm_core.model.checkpoint import CheckpointError, save_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.training import take
from wm_core.training.collect import _seeds
from wm_core.training.hdf5_shard import Episode, summarise_shard
from wm_core.training.manifest import CollectionConfig
from wm_core.training.on_policy import load_driver, on_policy_round, require_fit
from wm_core.training.policy_driver import PolicyDriver
from wm_core.training.surprise import one_step_error
from wm_core.training.take import CollectionError, Take, take_episode, write_takes
from wm_core.types import Command, Goal, JointState, Observation, Stage

CARD = ModelCardConfig(
    model=WorldModelConfig(image_size=32, visual_dim=8, joint_dim=4, channels=(8, 8), hidden=16, gripper=True, action_dim=4)
)
FITTING = dict(task="push", image_size=32, episodes=10, episodes_per_shard=4)


@pytest.fixture
def model_folder(tmp_path):
    torch.manual_seed(0)
    save_world_model(JepaWorldModel(CARD.model), CARD, tmp_path / "model")
    return tmp_path / "model"


def random_episode(steps: int = 6) -> Episode:
    random = np.random.default_rng(0)
    draw = lambda *shape: random.normal(size=shape).astype(np.float32)
    images = random.integers(0, 256, (steps + 1, 3, 32, 32), dtype=np.uint8)
    moments, actions = steps + 1, steps
    return Episode(
        images, draw(moments, 7), draw(moments), draw(moments, 3), draw(moments, 3), draw(actions, 4), draw(actions, 3), draw(actions)
    )


def test_the_error_is_that_of_every_step_by_itself():
    torch.manual_seed(0)
    model, episode = JepaWorldModel(CARD.model).eval(), random_episode()
    felt = np.concatenate([episode.joints, episode.gripper[:, None]], axis=1)
    with torch.inference_mode():
        latents = model.encoder(torch.from_numpy(episode.images)[None], torch.from_numpy(felt)[None])[0]
        off = []
        for now in range(1, 6):  # two frames of history: moments 0 and 1 see the action of moment 1, and so on
            imagined = model.next(latents[None, now - 1 : now + 1], torch.from_numpy(episode.actions[now])[None])[0, -1]
            off.append(float((model.metric(imagined[:8]) - model.metric(latents[now + 1, :8])).norm()))
    assert one_step_error(model, episode) == pytest.approx(np.mean(off), rel=1e-4)


def test_the_run_that_surprised_most_is_kept(monkeypatch):
    errors = {100: 0.01, 101: 0.03, 102: 0.02}
    ran = []

    def whole(environment, seed, config, agent):
        ran.append(seed)
        return Take(SimpleNamespace(seed=seed), seed, dropped=1)

    monkeypatch.setattr(take, "_whole", whole)
    monkeypatch.setattr(take, "one_step_error", lambda model, episode: errors[episode.seed])
    agent = SimpleNamespace(planner=SimpleNamespace(world_model=None))
    config = lambda hardest: CollectionConfig(on_policy=dict(model="m", digest="d", candidates=3, hardest=hardest))
    found = take_episode(None, 100, config(1.0), agent)
    assert ran == [100, 101, 102]
    assert (found.seed, found.error, found.dropped) == (101, 0.03, 3)
    assert found.drawn_error == pytest.approx(0.02)  # (1 + 3 + 2) / 3 cm
    ran.clear()
    assert take_episode(None, 100, config(0.0), agent).seed == 100 and ran == [100]


def test_a_planner_with_a_backend_is_judged_by_its_model(monkeypatch):
    model = JepaWorldModel(CARD.model)
    monkeypatch.setattr(take, "_whole", lambda environment, seed, config, agent: Take(random_episode(), seed))
    asked = []
    monkeypatch.setattr(take, "one_step_error", lambda judged, episode: asked.append(judged) or 0.01)
    agent = SimpleNamespace(planner=SimpleNamespace(world_model=BackedWorldModel(model, "fused", rollout=None)))
    take_episode(None, 100, CollectionConfig(on_policy=dict(model="m", digest="d", candidates=1)), agent)
    assert asked == [model]


def test_a_shard_says_how_much_harder_its_episodes_are(tmp_path):
    takes = [Take(random_episode(), seed, 0, error, 0.02) for seed, error in ((5, 0.03), (8, 0.05))]
    written = write_takes(tmp_path / "shard.h5", takes)
    assert summarise_shard(tmp_path / "shard.h5") == written
    assert written.error == pytest.approx(0.04) and written.drawn_error == pytest.approx(0.02)


def test_no_two_episodes_share_a_seed():
    scripted = CollectionConfig(**FITTING)
    rounds = [CollectionConfig(**FITTING, on_policy=dict(model="m", digest="d", round=number, candidates=3)) for number in (1, 2)]
    drawn = [seed for shard in range(3) for seed in _seeds(scripted, shard)]
    assert drawn == list(range(1_000_000, 1_000_010))
    for config in rounds:
        drawn += [seed + run for shard in range(3) for seed in _seeds(config, shard) for run in range(3)]
    assert len(set(drawn)) == len(drawn) == 10 + 2 * 30


def test_more_runs_than_there_are_seeds_are_refused():
    with pytest.raises(ValueError, match="1500000 runs"):
        CollectionConfig(episodes=500_000, on_policy=dict(model="m", digest="d", candidates=3))


def test_a_model_that_was_changed_does_not_go_on(model_folder):
    config = on_policy_round(model_folder, 1, 3)
    assert load_driver(config).planner.world_model.config == CARD.model
    torch.manual_seed(1)
    save_world_model(JepaWorldModel(CARD.model), CARD, model_folder)
    with pytest.raises(CollectionError, match="not the one that this collection began with"):
        load_driver(config)


def test_a_model_for_other_data_cannot_drive(model_folder, tmp_path):
    config = CollectionConfig(**FITTING, on_policy=on_policy_round(model_folder, 1, 3))
    require_fit(config, gripper=True)
    with pytest.raises(CollectionError, match="gripper is False, the model's True"):
        require_fit(config, gripper=False)
    # A second camera may look on; what this model sees is the first one's picture.
    require_fit(config.model_copy(update={"views": 2}), gripper=True)
    seen = random_episode()
    both = replace(seen, images=np.concatenate([seen.images, seen.images[::-1]], axis=1))
    model = load_driver(config.on_policy).planner.world_model
    assert one_step_error(model, both) == one_step_error(model, seen)
    with pytest.raises(CheckpointError, match="no model at"):
        on_policy_round(tmp_path / "nothing", 1, 3)


class StagedTask:
    """What `PolicyDriver` asks of a playground; the object is where the test puts it."""

    max_step = 0.04

    def __init__(self, robot, arm, box):
        self.robot, self.kinematics, self.play_box = robot, arm, box
        self.object, self.asked = np.array([0.5, 0.0, 0.03]), []

    def stages(self, seed, kind="image"):
        self.asked.append(seed)
        return tuple(Stage(Goal(joints=np.full(7, len(self.asked) + part / 10)), 2) for part in (0, 1))

    def object_position(self):
        return self.object


class Steady:
    """An agent that stays, opens, and remembers its goals."""

    def __init__(self):
        self.goals = []

    def reset(self, seed):
        self.goals.clear()

    def choose_action(self, observation, goal):
        self.goals.append(round(float(goal.joints[0]), 1))
        return SimpleNamespace(joint_path=observation.joints.position[None], gripper=np.array([1.0]))


@pytest.fixture
def table(robot, arm):
    from wm_core.config import BoxConfig

    return StagedTask(robot, arm, BoxConfig(lower=(0.34, -0.21, 0.03), upper=(0.64, 0.21, 0.60)))


def drive(table, seed: int, steps: int) -> tuple[list[Command], Steady]:
    agent = Steady()
    driver = PolicyDriver(table, agent, seed)
    joints = np.array(table.robot.home)
    looks = [Observation(np.zeros((8, 8, 3), np.uint8), JointState(joints, joints, now), now, 0.0) for now in range(steps)]
    return [driver.command(look) for look in looks], agent


def test_one_goal_follows_the_other(table):
    # Two stages of two steps each, then the next task: 1.0 1.0 1.1 1.1 2.0 2.0 2.1 2.1 3.0
    _, agent = drive(table, seed=50, steps=9)
    assert agent.goals == [1.0, 1.0, 1.1, 1.1, 2.0, 2.0, 2.1, 2.1, 3.0]
    assert table.asked == [50, 51, 52]


def test_no_task_begins_with_the_object_outside(table):
    table.object = np.array([0.5, 0.25, 0.03])
    _, agent = drive(table, seed=50, steps=6)
    assert agent.goals == [1.0, 1.0, 1.1, 1.1, 1.1, 1.1] and table.asked == [50]


def test_most_episodes_do_not_quite_what_was_planned(table):
    # A third is clean, a third each has noise of 6 and 12 mm an axis: of 30 seeds, 20 on average, deviation 2.6.
    home = np.array(table.robot.home)
    moved = []
    for seed in range(30):
        commands, _ = drive(table, seed, 12)
        reached = [table.kinematics.forward(command.joints).position for command in commands]
        moved.append(float(np.abs(np.array(reached) - table.kinematics.forward(home).position).mean()))
        if moved[-1] == 0.0:
            assert {command.gripper for command in commands} == {1}
    noisy = [size for size in moved if size > 0.0]
    assert 10 <= len(noisy) < 30
    assert 0.001 < min(noisy) and max(noisy) < 0.03
