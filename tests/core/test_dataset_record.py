"""What is recorded of an episode, and which episodes are not kept."""

import numpy as np
import pytest

from wm_core.config import BoxConfig, ConfigError
from wm_core.training.behaviours.mixture import Mixture
from wm_core.training.manifest import CollectionConfig
from wm_core.training.take import CollectionError, take_episode
from wm_core.types import Command, Felt, JointState, Observation

BOX = BoxConfig(lower=(0.34, -0.21, 0.05), upper=(0.64, 0.21, 0.30))
CONFIG = CollectionConfig(environment="fake", steps=6, image_size=16, views=2)


class FakePlayground:
    """Implements `Playground`: the arm is where it was sent; the object falls off the table on unlucky seeds."""

    task, play_box, max_step = "fake", BOX, 0.04

    def __init__(self, robot, arm, gripper=True, unlucky=lambda seed: False):
        self.robot, self.kinematics, self.gripper = robot, arm, gripper
        self._unlucky, self.seeds = unlucky, []

    def reset(self, seed):
        self.seeds.append(seed)
        self._joints, self._steps, self._opening = np.array(self.robot.home), 0, 0.02
        return self._observe()

    def step(self, command: Command, duration: float):
        self._joints, self._steps = np.array(command.joints), self._steps + 1
        self._opening = {-1: 0.0, 0: self._opening, 1: 0.08}[command.gripper]
        return self._observe()

    def _observe(self):
        grey = lambda value: np.full((16, 16, 3), value, np.uint8)
        joints = JointState(self._joints, np.zeros(7), 0.2 * self._steps)
        return Observation(grey(self._steps), joints, joints.stamp, self._opening, (grey(100 + self._steps),))

    def felt(self):
        return Felt(np.array([0.0, 0.01 * self._steps, 0.0]), 0.1 * self._steps)

    def tool_position(self):
        return self.kinematics.forward(self._joints).position

    def object_position(self):
        fallen = self._unlucky(self.seeds[-1]) and self._steps == 4
        # The box ends at y = 0.21: 5.1 cm outside, 4.9 cm else.
        return np.array([0.5, 0.261 if fallen else 0.259, 0.06])


@pytest.fixture
def playground(robot, arm):
    return lambda **options: FakePlayground(robot, arm, **options)


def test_an_episode_tells_what_was_seen_done_and_felt(playground):
    take = take_episode(playground(), 7, CONFIG)
    episode = take.episode
    assert (take.seed, take.dropped) == (7, 0)
    # Two views of three channels: the first shows the step's number, the second 100 more.
    assert episode.images.shape == (7, 6, 16, 16)
    np.testing.assert_array_equal(episode.images[:, 0, 0, 0], np.arange(7))
    np.testing.assert_array_equal(episode.images[:, 3, 0, 0], 100 + np.arange(7))
    # The fake arm does exactly what it is told, no inverse kinematics in between: float32 is all that is lost.
    np.testing.assert_allclose(np.diff(episode.tool, axis=0), episode.actions[:, :3], atol=1e-6)
    # 4 cm, and what inverse kinematics may miss it by (its tolerance of 1e-4 at either end).
    assert 0.01 < np.linalg.norm(episode.actions[:, :3], axis=1).max() < 0.0403
    opened = np.where(episode.actions[:, 3] == 0, episode.gripper[:-1], 0.04 + 0.04 * episode.actions[:, 3])
    np.testing.assert_allclose(episode.gripper[1:], opened, atol=1e-6)
    # Felt during a step stands with its action: the first one at row 0.
    np.testing.assert_allclose(episode.carried[:, 1], 0.01 * np.arange(1, 7), rtol=1e-6)
    np.testing.assert_allclose(episode.touch, 0.1 * np.arange(1, 7), rtol=1e-6)


def test_without_a_gripper_an_action_is_a_displacement(playground):
    assert take_episode(playground(gripper=False), 7, CONFIG).episode.actions.shape == (6, 3)


def test_an_episode_that_lost_its_object_is_drawn_again(playground):
    table = playground(unlucky=lambda seed: seed == 7)
    again = take_episode(table, 7, CONFIG)
    assert table.seeds == [7, 1_000_000_007]
    assert (again.seed, again.dropped) == (1_000_000_007, 1)
    alone = take_episode(playground(), again.seed, CONFIG)
    np.testing.assert_array_equal(again.episode.actions, alone.episode.actions)


def test_a_hopeless_collection_gives_up(playground):
    with pytest.raises(CollectionError, match="no episode from seed 7 in 20 tries: the object is at"):
        take_episode(playground(unlucky=lambda seed: True), 7, CONFIG)


def test_a_mixture_hands_over(monkeypatch):
    spans = []

    class Told:
        def __init__(self, box, max_step, seed):
            spans.append([type(self).__name__, 0])

        def action(self, tool, part, opening):
            spans[-1][1] += 1
            return np.zeros(3), 0

    kinds = {name: type(name, (Told,), {}) for name in ("often", "seldom", "never")}
    monkeypatch.setattr("wm_core.training.behaviours.mixture.BEHAVIOURS", kinds)
    mixture = Mixture({"often": 3.0, "seldom": 1.0, "never": 0.0}, BOX, 0.04, seed=0)
    for _ in range(20_000):
        mixture.action(np.zeros(3), np.zeros(3), 0.0)
    lengths = [length for _, length in spans[:-1]]
    assert min(lengths) == 12 and max(lengths) == 39
    # About 20000 / 25.5 = 780 spans; 3 of 4 are `often`: 0.75, standard deviation sqrt(0.75 * 0.25 / 780) = 0.016.
    names = [name for name, _ in spans]
    assert names.count("often") / len(names) == pytest.approx(0.75, abs=0.06)
    assert "never" not in names


def test_what_a_mixture_cannot_be_made_of_is_named():
    with pytest.raises(ConfigError, match="'dance' is not known: expected one of: grasp, push, sweep, wander"):
        Mixture({"dance": 1.0}, BOX, 0.04, 0)
    with pytest.raises(ConfigError, match="one above 0"):
        Mixture({"wander": 0.0}, BOX, 0.04, 0)
