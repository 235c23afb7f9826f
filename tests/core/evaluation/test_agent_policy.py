"""The planner as a policy: what it does, and what it is held to."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from wm_core.config import BoxConfig
from wm_core.evaluation.agent_policy import AgentPolicy
from wm_core.types import Focus, Goal, JointState, Observation, Plan


class Numbers:
    """A world model of one number: the newest joint 0; an action adds its x, the gripper 1 m a command."""

    history, step = 2, 0.2

    def __init__(self):
        self.foci = []

    def encode(self, observations):
        assert len(observations) == 2
        return torch.tensor([observations[-1].joints.position[0]])

    def encode_goal(self, image, *others):
        return torch.tensor([float(image[0, 0, 0]) / 100.0])

    def rollout(self, latent, actions):
        gripper = actions[..., 3:] if actions.shape[-1] == 4 else 0.0
        return latent + (actions[..., :1] + gripper).cumsum(1)

    def goal_distance(self, latent, goal, focus=Focus.SCENE):
        self.foci.append(focus)
        return (latent - goal).abs().squeeze(-1)


class StubAgent:
    """Always plans three steps of `move` m along x, in 20 ms; `steps` may be changed in between."""

    steps = 3

    def __init__(self, move=0.1, gripper=None):
        self.planner = SimpleNamespace(world_model=Numbers(), step=0.2)
        self.move, self.gripper = move, gripper

    def with_obstacles(self, obstacles):
        other = StubAgent(self.move, self.gripper)
        other.obstacles = obstacles
        return other

    def reset(self, seed):
        self.seed = seed

    def choose_action(self, observation, goal):
        start = observation.joints.position
        path = np.stack([start + (i + 1) * np.array([self.move, 0.0]) for i in range(self.steps)])
        actions = np.tile([self.move, 0.0, 0.0], (self.steps, 1))
        return Plan(start, path, np.zeros((self.steps, 3)), actions, 0.2, 0.0, (), 0.0, 8, 1, 0.02, False, gripper=self.gripper)


def seen(place, stamp):
    joints = JointState(np.array([place, 0.0]), np.zeros(2), stamp)
    return Observation(np.zeros((16, 16, 3), np.uint8), joints, stamp)


def goal(metres, focus=Focus.SCENE):
    return Goal(image=np.full((16, 16, 3), round(100 * metres), np.uint8), focus=focus)


def test_every_prediction_is_held_against_what_came_one_step_later():
    policy = AgentPolicy(StubAgent())
    policy.start(7)
    policy.pursue(goal(1.0))
    # The arm goes 5 cm a step where the plan promised 10: from 0.00 it foresees 0.90 to go and 0.95 come, and so on.
    for step in range(4):
        command = policy.act(seen(0.05 * step, 0.2 * step))
    assert command.joints[0] == pytest.approx(0.25) and command.gripper == 0  # 0.15 + 0.10
    account = policy.finish(seen(0.20, 0.8))
    assert account.next_predicted == pytest.approx((0.90, 0.85, 0.80, 0.75))
    assert account.next_realised == pytest.approx((0.95, 0.90, 0.85, 0.80))
    # Three steps before the end the arm stood at 0.05 m: 0.35 and so 0.65 to go were promised, 0.80 is left.
    assert account.end_predicted == pytest.approx(0.65) and account.end_realised == pytest.approx(0.80)
    assert account.plan_ms == (20.0,) * 4


def test_the_end_is_held_against_the_plan_that_ended_there():
    agent = StubAgent()
    policy = AgentPolicy(agent)
    policy.start(7)
    policy.pursue(goal(1.0))
    for step, agent.steps in enumerate((3, 3, 2, 5)):  # a planner may look farther at times
        policy.act(seen(0.05 * step, 0.2 * step))
    # The newest one to imagine the moment of the end, and nothing beyond, was the third: from 0.10 on, 0.30 and so 0.70 to go.
    assert policy.finish(seen(0.20, 0.8)).end_predicted == pytest.approx(0.70)


def test_a_new_goal_is_measured_against_the_goal_that_was_predicted_for():
    policy = AgentPolicy(StubAgent())
    policy.start(0)
    policy.pursue(goal(0.5))
    policy.act(seen(0.0, 0.0))
    policy.pursue(goal(1.0, Focus.OBJECT))
    policy.act(seen(0.1, 0.2))
    account = policy.finish(seen(0.2, 0.4))
    assert account.next_predicted == pytest.approx((0.4, 0.8)) and account.next_realised == pytest.approx((0.4, 0.8))
    # Two plans, and an imagined future of three steps: none of it ends with the episode.
    assert account.end_predicted is None
    assert policy._model.foci == [Focus.SCENE, Focus.SCENE, Focus.OBJECT, Focus.OBJECT]


def test_the_gripper_goes_into_the_command_and_into_the_foresight():
    policy = AgentPolicy(StubAgent(gripper=np.array([1.0, 0.0, 0.0])))
    policy.start(0)
    policy.pursue(goal(2.0))
    assert policy.act(seen(0.0, 0.0)).gripper == 1
    assert policy.finish(seen(0.1, 0.2)).next_predicted == pytest.approx((0.9,))  # 2.0 - 0.1 - 1.0


def test_obstacles_go_to_the_planner_when_they_change():
    agent = StubAgent()
    policy = AgentPolicy(agent)
    wall = (BoxConfig(lower=(0.4, 0.0, 0.0), upper=(0.5, 0.1, 0.2)),)
    policy.avoid(())
    assert policy._agent is agent  # none before, none now
    policy.avoid(wall)
    fenced = policy._agent
    assert fenced.obstacles == wall
    policy.avoid(wall)
    assert policy._agent is fenced
    policy.avoid(())
    assert policy._agent.obstacles == ()


def test_goals_without_a_picture_foresee_nothing_and_episodes_do_not_mix():
    agent = StubAgent()
    policy = AgentPolicy(agent)
    for seed, place in ((3, 0.5), (4, 0.0)):  # the clock starts again with the second
        policy.start(seed)
        policy.pursue(Goal(joints=np.zeros(2)))
        policy.act(seen(place, 1.0 - 0.2 * seed))
        account = policy.finish(seen(place, 1.2 - 0.2 * seed))
        assert account.plan_ms == (20.0,) and account.next_predicted == () and account.end_predicted is None
    assert agent.seed == 4
