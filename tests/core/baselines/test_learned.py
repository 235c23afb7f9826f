"""Learned baselines as policies: stand-ins for their networks show what is done with the answer."""

import numpy as np
import pytest
import torch

from wm_core.baselines.catalogue import Workshop, make_policy
from wm_core.baselines.imitation import ImitationPolicy
from wm_core.baselines.mover import Mover
from wm_core.baselines.regressor import RegressorPolicy, ToolRegressor
from wm_core.baselines.store import MODELS, save_baseline
from wm_core.config import BoxConfig, PriorConfig
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.model.checkpoint import save_world_model
from wm_core.model.policy_checkpoint import save_policy
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.resources import find_robot
from wm_core.types import Focus, Goal, Pose

ROBOT = find_robot("panda")
HOME = np.array(ROBOT.home)


@pytest.fixture(scope="module")
def arm():
    return load_arm(ROBOT)


@pytest.fixture
def mover(arm):
    return Mover(arm, ROBOT, 0.05)


class Eyes:
    """Encodes the stamps of what it is shown; a goal is its first grey level."""

    history, step = 2, 0.2

    def encode(self, observations):
        return torch.tensor([observation.stamp for observation in observations])

    def encode_goal(self, image, *others):
        return torch.tensor([float(image[0, 0, 0])])


class Habit:
    """Always goes 3 cm to the left and closes the gripper; remembers what it was asked."""

    def __init__(self, action):
        self.action, self.asked = torch.tensor(action), []

    def act(self, latent, goal, focus):
        self.asked.append((latent.tolist(), goal.tolist(), focus))
        return self.action


def test_imitation_does_the_first_action_of_its_network(mover, fakes):
    habit = Habit([0.0, 0.03, 0.0, -1.0])
    policy = ImitationPolicy("bc", habit, Eyes(), mover)
    policy.start(0)
    policy.pursue(Goal(image=np.full((16, 16, 3), 7, np.uint8), focus=Focus.OBJECT))
    policy.act(fakes.observe(HOME, 1.0))
    command = policy.act(fakes.observe(HOME, 1.2))
    assert mover.tool(command.joints) - mover.tool(HOME) == pytest.approx([0.0, 0.03, 0.0], abs=1e-3)
    assert command.gripper == -1
    # The arm was at rest before the first observation: it stands in for its past.
    assert [asked[0] for asked in habit.asked] == [pytest.approx([1.0, 1.0]), pytest.approx([1.0, 1.2])]
    assert habit.asked[0][1:] == ([7.0], Focus.OBJECT)


def test_imitation_without_a_gripper_leaves_it(mover, fakes):
    policy = ImitationPolicy("bc", Habit([0.03, 0.0, 0.0]), Eyes(), mover)
    policy.start(0)
    policy.pursue(Goal(image=np.zeros((16, 16, 3), np.uint8)))
    assert policy.act(fakes.observe(HOME, 0.0)).gripper == 0


def test_the_regressor_goes_straight_to_what_it_reads(mover, fakes):
    target = mover.tool(HOME) + np.array([0.0, 0.0, -0.08])

    class Reader:
        def read(self, views):
            assert len(views) == 2
            return target

    policy = RegressorPolicy(Reader(), mover)
    policy.start(0)
    image = np.zeros((16, 16, 3), np.uint8)
    policy.pursue(Goal(image=image, other_views=(image,)))
    joints = HOME
    for step in range(2):  # 8 cm are two steps of 5
        joints = policy.act(fakes.observe(joints, 0.2 * step)).joints
    assert mover.tool(joints) == pytest.approx(target, abs=1e-3)


def test_a_camera_that_only_looks_on_changes_nothing_for_the_regressor(card, square):
    torch.manual_seed(0)
    regressor = ToolRegressor(card.model).eval().requires_grad_(False)
    regressor.head.std.fill_(1.0)
    first, watch = (square(x, 4).transpose(1, 2, 0) for x in (3, 20))
    assert np.array_equal(regressor.read((first, watch)), regressor.read((first,)))
    assert not np.array_equal(regressor.read((watch,)), regressor.read((first,)))
    with pytest.raises(ValueError, match="got 0 views, expected 1"):
        regressor.read(())


def test_policies_that_look_need_a_picture(mover):
    goal = Goal(pose=Pose(np.zeros(3)))
    for policy in (ImitationPolicy("bc", None, Eyes(), mover), RegressorPolicy(None, mover)):
        with pytest.raises(ValueError, match="needs a goal told as image, not as pose"):
            policy.pursue(goal)


@pytest.fixture
def narrow(card, arm, tmp_path):
    """A workshop whose model knows a box about the tool at home, 2 cm to every side, and that box."""
    middle = arm.forward(HOME).position
    box = BoxConfig(lower=tuple(middle - 0.02), upper=tuple(middle + 0.02))
    model = JepaWorldModel(card.model)
    save_world_model(model, card.model_copy(update={"workspace": box}), tmp_path)
    policy = GoalPolicy(PriorConfig(hidden=16, layers=1), model)
    for name in ("prior", "inverse_dynamics"):
        save_policy(policy, tmp_path, name)
    for kind, made in MODELS.items():
        save_baseline(kind, made(card.model), tmp_path)
    return Workshop(str(tmp_path), ROBOT, arm, 0.05, torch.device("cpu")), box


def test_pixel_plans_in_the_workspace_of_its_model(narrow):
    workshop, box = narrow
    for name in ("planner", "pixel"):
        assert make_policy(name, workshop)._agent.planner.robot.workspace == box


@pytest.mark.parametrize("name", ["bc", "idm", "regressor"])
def test_who_acts_on_what_a_model_sees_stays_in_its_workspace(name, narrow, fakes, monkeypatch, arm):
    workshop, box = narrow
    far = torch.tensor([0.05, 0.05, 0.05])
    monkeypatch.setattr(GoalPolicy, "act", lambda self, latent, goal, focus: far)
    monkeypatch.setattr(ToolRegressor, "read", lambda self, views: arm.forward(HOME).position + 1.0)
    policy, image = make_policy(name, workshop), np.zeros((48, 48, 3), np.uint8)
    policy.start(0)
    policy.pursue(Goal(image=image))
    joints = HOME
    for step in range(3):
        joints = policy.act(fakes.observe(joints, 0.2 * step, image)).joints
    assert arm.forward(joints).position == pytest.approx(box.upper, abs=2e-3)


def test_the_catalogue_says_what_a_model_lacks(card, arm, tmp_path):
    save_world_model(JepaWorldModel(card.model), card, tmp_path)
    workshop = Workshop(str(tmp_path), ROBOT, arm, 0.05, torch.device("cpu"))
    assert make_policy("planner", workshop).name == "planner"
    for name, says in (("bc", "no prior"), ("idm", "no inverse_dynamics"), ("pixel", "no baseline 'pixel'"), ("regressor", "no baseline")):
        with pytest.raises(ValueError, match=says):
            make_policy(name, workshop)
