"""The planner node with a model that knows a gripper and objects, on a small one with random weights."""

import numpy as np
import pytest
import torch
import yaml
from rclpy.lifecycle import TransitionCallbackReturn
from trajectory_msgs.msg import JointTrajectory

from wm_core.config import BoxConfig, ModelCardConfig, PlannerConfig, PriorConfig, WorldModelConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.policy_checkpoint import save_policy
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.types import Focus, Goal, Handling, Pose, Trajectory
from wm_ros.conversions import joint_state_to_message, trajectory_to_message
from wm_ros.conversions.goal_messages import goal_to_action
from wm_ros.outcome import Code

FAILURE = TransitionCallbackReturn.FAILURE
FINGERS = ["panda_finger_joint1", "panda_finger_joint2"]
BOX = BoxConfig(lower=(0.3, -0.2, 0.03), upper=(0.6, 0.2, 0.3))
SMALL = WorldModelConfig(
    image_size=16, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16, action_dim=4, gripper=True, objects=True
)


@pytest.fixture
def save(tmp_path):
    """A model of this architecture on disk, with an action prior."""

    def save(config=SMALL):
        torch.manual_seed(0)
        # Nothing costs but the goal, or a model of random weights would rather do nothing at all.
        planner = PlannerConfig(samples=16, horizon=3, weights={"gripper": 0.0, "effort": 0.0, "smoothness": 0.0})
        model = JepaWorldModel(config)
        save_world_model(model, ModelCardConfig(model=config, planner=planner, workspace=BOX), tmp_path)
        prior = PriorConfig(horizon=3, hidden=16, layers=1)
        save_policy(GoalPolicy(prior, model), tmp_path, "prior")
        return tmp_path

    return save


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)


@pytest.fixture
def active(bench, save):
    bench = bench(model=save())
    bench.activate()
    return bench


def test_it_takes_prior_and_workspace_as_an_agent_does(active):
    planner = active.planner._tools.planner
    assert planner.prior is not None and planner.robot.workspace == BOX
    result = active.end(active.send(Goal(pose=Pose(np.array([0.7, 0.0, 0.2])))))
    # The robot's own box ends at 0.75 m.
    assert result.code == Code.INVALID_GOAL and "[0.6, 0.2, 0.3]" in result.message


def test_fingers_travel_with_the_proposals(active, picture):
    active.send(Goal(image=picture, focus=Focus.OBJECT, position_tolerance=1e-4), 30.0)
    proposal = active.until(lambda: next((each for each in active.proposals if len(each.joint_names) == 9), None), 20.0)
    assert proposal.joint_names == [*active.names, *FINGERS]
    opening = [point.positions[7] + point.positions[8] for point in proposal.points]
    # They stand open, at 8 cm, and 20 cm/s of opening take 1 cm in each of the 50 ms between points.
    assert 0.0 <= min(opening) <= max(opening) <= 0.08 + 1e-9 and np.abs(np.diff(opening)).max() < 0.0101
    statistics = active.until(lambda: active.statistics and active.statistics[-1])
    assert statistics.goal_kind == "image" and statistics.distance > 1e-4


def test_what_the_fingers_were_told_is_heard_until_a_new_goal(active, picture):
    told = active.node.create_publisher(JointTrajectory, "panda_hand_controller/joint_trajectory", 10)
    active.until(told.get_subscription_count)
    told.publish(trajectory_to_message(Trajectory(tuple(FINGERS), np.array([0.4]), np.zeros((1, 2)))))
    active.until(lambda: active.planner._inputs.fingers.told is not None)
    assert active.planner._inputs.fingers.told.tolist() == [0.0, 0.0]
    active.send(Goal(image=picture, position_tolerance=1e-4))
    active.until(lambda: active.planner._inputs.fingers.told is None)


def test_without_its_fingers_in_joint_states_the_arm_holds_and_says_so(active, picture):
    def show_arm():
        active.joints.publish(joint_state_to_message(active.names, active.home, np.zeros(7), active.now()))

    active.sights = [show_arm, active.show_image]
    result = active.end(active.send(Goal(image=picture), 1.0))
    assert result.code == Code.NOT_READY and "joint_states lacks panda_finger_joint1" in result.message
    assert active.proposals == []


def test_a_focus_that_is_none_is_refused(active, picture):
    message = goal_to_action(Goal(image=picture), active.names, "", 1.0)
    message.focus = 7
    result = active.end(active.send(message))
    assert result.code == Code.INVALID_GOAL and "goal focus is 7, expected one of: 0, 1" in result.message


def test_a_focus_on_the_object_needs_a_model_that_knows_objects(bench, save, picture):
    bench = bench(model=save(SMALL.model_copy(update={"objects": False})))
    bench.activate()
    result = bench.end(bench.send(Goal(image=picture, focus=Focus.OBJECT)))
    assert result.code == Code.INVALID_GOAL and "not trained with objects" in result.message


def test_a_part_to_be_lifted_to_a_position_is_planned_for_and_the_phase_told(active):
    place, told = np.array([0.45, 0.1, 0.02]), []
    message = goal_to_action(Goal(object_position=place, handling=Handling.LIFT), active.names, "", 30.0)
    active.actions.send_goal_async(message, feedback_callback=lambda each: told.append(each.feedback))
    phase = active.until(lambda: next((each.phase for each in told if each.phase), None), 20.0)
    assert phase == "approach"  # a hand that never moves comes to nothing further
    statistics = active.until(lambda: active.statistics and active.statistics[-1])
    model = active.planner._tools.world_model
    read = model.object_position(model.encode(active.planner._inputs.window())).numpy()
    # The picture never changes, and so does not what is read of it.
    assert statistics.goal_kind == "object" and statistics.distance == pytest.approx(np.linalg.norm(read - place), abs=1e-6)
    assert told[-1].distance == statistics.distance


def test_a_position_that_no_object_can_be_brought_to_is_refused(active):
    # Where the model knows what it sees the tool goes to 0.6, 0.2 and 0.3 m at most.
    for place, text in (
        ([0.7, 0.0, 0.02], "goal object position at [0.7, 0.0, 0.02] m is outside the workspace"),
        ([0.5, 0.0, 0.35], "goal object position at [0.5, 0.0, 0.35] m is outside the workspace"),
        ([0.5, np.nan, 0.02], "goal object_position is [0.5, nan, 0.02], expected finite numbers"),
    ):
        result = active.end(active.send(Goal(object_position=np.array(place))))
        assert result.code == Code.INVALID_GOAL and text in result.message


PLACE = np.array([0.5, 0.0, 0.02])


@pytest.mark.parametrize(
    ("change", "goal", "text"),
    [
        ({"objects": False}, Goal(object_position=PLACE), "goal object position: the model was not trained with objects"),
        ({"gripper": False, "action_dim": 3}, Goal(object_position=PLACE, handling=Handling.LIFT), "the model commands no gripper"),
        # In a grid places are not linear, and a goal cannot be made.
        ({"latent": "grid", "visual_dim": 16}, Goal(object_position=PLACE, handling=Handling.LIFT), "the model makes no goals of its own"),
    ],
)
def test_a_goal_about_an_object_needs_a_model_that_can(bench, save, change, goal, text):
    bench = bench(model=save(SMALL.model_copy(update=change)))
    bench.activate()
    result = bench.end(bench.send(goal))
    assert result.code == Code.INVALID_GOAL and text in result.message


def test_without_a_model_there_is_no_object(bench):
    bench = bench()
    bench.activate()
    result = bench.end(bench.send(Goal(object_position=PLACE)))
    assert result.code == Code.INVALID_GOAL and "(model is 'none')" in result.message


def fails_to_configure(bench, text):
    assert bench.planner.trigger_configure() == FAILURE
    bench.until(lambda: bench.says(text))


def test_a_robot_without_gripper_is_named(bench, save, tmp_path, robot):
    path = tmp_path / "arm.yaml"
    path.write_text(yaml.safe_dump({**robot.model_dump(mode="json"), "gripper": None}))
    fails_to_configure(bench("-p", f"robot:={path}", model=save()), "the file of robot 'panda' has no 'gripper'")
