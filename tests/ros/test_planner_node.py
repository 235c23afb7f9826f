"""The planner as a node, with a fake arm and camera: lifecycle, goals, and every bad message that it must name."""

import array
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image as Picture
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import CompressedImage, Image
from sensor_msgs.msg import JointState as JointStateMessage
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray
from wm_interfaces.action import PlanToGoal

from wm_core.kinematics.time_parameterisation import parameterise
from wm_core.types import Goal, MotionState, Pose
from wm_ros.conversions import joint_state_to_message, trajectory_to_message
from wm_ros.outcome import Code

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


@pytest.fixture
def active(bench):
    bench = bench()
    bench.activate()
    return bench


@pytest.fixture
def seeing(bench, model):
    """Active, with a model."""
    bench = bench(model=model)
    bench.activate()
    return bench


@pytest.fixture
def beside(home):
    target = home.copy()
    target[0] += 0.4
    return Goal(joints=target)


def test_nothing_is_proposed_unless_active(bench, beside):
    bench = bench()
    for transition in (None, bench.planner.trigger_configure):
        if transition is not None:
            assert transition() == SUCCESS
        result = bench.end(bench.send(beside))
        assert (result.code, bench.proposals) == (Code.NOT_READY, [])
        assert "not active" in result.message


def test_an_active_planner_proposes_motion_to_the_goal(active, beside):
    active.send(beside)
    proposal = active.until(lambda: active.proposals and active.proposals[-1])
    assert tuple(proposal.joint_names) == active.names
    assert proposal.points[-1].positions[0] > active.home[0] + 0.1
    statistics = active.until(lambda: active.statistics and active.statistics[-1])
    assert statistics.goal_kind == "joints"
    assert statistics.cost == pytest.approx(sum(term.value for term in statistics.terms))


def test_an_image_goal_is_explained_and_drawn_for_whoever_subscribes(bench, model):
    bench = bench("-p", "base_frame:=panda_link0", model=model)
    bench.activate()
    drawn = []
    bench.node.create_subscription(MarkerArray, "planner/candidates", drawn.append, 1)
    bench.send(Goal(image=np.full((8, 8, 3), 200, np.uint8)))
    statistics = bench.until(lambda: drawn and bench.statistics and bench.statistics[-1], 20.0)
    # Every iteration scores all samples.
    assert statistics.scored >= statistics.samples * statistics.iterations > 0
    assert len(statistics.goal_distance) == statistics.horizon and statistics.realised_distance > 0.0
    chosen = drawn[-1].markers[0]
    assert chosen.ns == "chosen" and chosen.header.frame_id == "panda_link0"
    assert len(chosen.points) == statistics.horizon + 1


def test_compressed_pictures_are_taken_and_a_broken_one_is_named(bench, model, beside):
    bench = bench("-r", "camera/image_raw:=head/image", "-p", "image_transport:=compressed", model=model)
    bench.activate()
    camera = bench.node.create_publisher(CompressedImage, "head/image/compressed", 1)
    stream = io.BytesIO()
    Picture.new("RGB", (8, 8)).save(stream, "JPEG")
    data = [stream.getvalue()]

    def show():
        message = CompressedImage(format="jpeg", data=array.array("B", data[0]))
        message.header.stamp = bench.node.get_clock().now().to_msg()
        camera.publish(message)

    bench.sights = [bench.show_joints, show]
    bench.send(beside)
    bench.until(lambda: bench.proposals)
    data[0] = data[0][:20]
    bench.until(lambda: bench.says("compressed image of format 'jpeg' (20 bytes) cannot be decoded"))


def test_nothing_is_drawn_for_nobody(active, beside, monkeypatch):
    made = []
    monkeypatch.setattr("wm_ros.planner_topics.candidates_message", lambda *_: made.append(True))
    active.send(beside)
    active.until(lambda: len(active.statistics) > 2)
    assert made == []


def test_a_goal_that_is_reached_succeeds_and_the_proposals_end(active):
    result = active.end(active.send(Goal(joints=active.home)))
    assert result.code == Code.SUCCESS and result.final_error == pytest.approx(0.0)
    count = len(active.proposals)
    active.until(lambda: active.says("BUSY") or active.node.get_clock().now(), 1.0)
    assert len(active.proposals) <= count + 1


def test_a_busy_planner_names_what_it_is_busy_with_and_goes_on(active, beside):
    first = active.send(beside)
    second = active.end(active.send(Goal(pose=Pose(np.array([0.5, 0.0, 0.3])))))
    assert second.code == Code.BUSY and "busy with a goal of joints" in second.message
    active.until(lambda: active.says("BUSY: busy with a goal of joints"))
    count = len(active.proposals)
    active.until(lambda: len(active.proposals) > count)
    first.cancel_goal_async()
    assert active.end(first).code == Code.CANCELED


def test_deactivation_ends_the_goal(active, beside):
    handle = active.send(beside)
    active.until(lambda: active.proposals)
    assert active.planner.trigger_deactivate() == SUCCESS
    result = active.end(handle)
    assert result.code == Code.NOT_READY and "deactivated" in result.message


def test_it_can_be_configured_and_activated_again(active, beside):
    assert active.planner.trigger_deactivate() == SUCCESS
    assert active.planner.trigger_cleanup() == SUCCESS
    active.activate()
    active.send(beside)
    active.until(lambda: active.proposals)


def nan_pose():
    return Goal(pose=Pose(np.array([np.nan, 0.0, 0.3])))


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        (PlanToGoal.Goal(), "goal is empty"),
        (nan_pose(), "pose is not finite"),
        (Goal(pose=Pose(np.array([0.5, 0.0, 9.0]))), "outside the workspace"),
        (Goal(joints=np.array([9.0, 0.0, 0.0, -2.0, 0.0, 2.0, 0.0])), "goal joint 'panda_joint1' is 9.000 rad, expected -2.9"),
        (Goal(image=np.zeros((8, 8, 3), np.uint8)), "without a world model"),
    ],
)
def test_an_invalid_goal_ends_with_its_reason(active, goal, text):
    result = active.end(active.send(goal))
    assert result.code == Code.INVALID_GOAL and text in result.message
    active.until(lambda: active.says(text))
    assert active.proposals == []


def test_a_goal_of_unknown_joints_names_them(active):
    message = PlanToGoal.Goal(joints=JointStateMessage(name=["elbow"], position=[0.0]))
    result = active.end(active.send(message))
    assert result.code == Code.INVALID_GOAL and "goal joints lacks panda_joint1" in result.message


def test_a_wrong_image_encoding_is_named_and_the_arm_holds(seeing, beside):
    def show_depth():
        message = Image(height=8, width=8, encoding="16UC1", step=16, data=array.array("B", bytes(128)))
        message.header.stamp = seeing.node.get_clock().now().to_msg()
        seeing.camera.publish(message)

    seeing.sights = [seeing.show_joints, show_depth]
    result = seeing.end(seeing.send(beside, 1.0))
    assert result.code == Code.NOT_READY and "'16UC1' is not supported; expected rgb8" in result.message
    assert seeing.says("'16UC1' is not supported")
    assert seeing.proposals == []


def test_a_missing_joint_is_named_and_the_arm_holds(active, beside):
    def show_six():
        active.joints.publish(joint_state_to_message(active.names[1:], active.home[1:], np.zeros(6), active.now()))

    active.sights = [show_six, active.show_image]
    result = active.end(active.send(beside, 1.0))
    assert result.code == Code.NOT_READY and "joint_states lacks panda_joint1" in result.message
    assert active.proposals == []


def test_when_inputs_come_back_it_goes_on_without_a_restart(seeing, beside):
    seeing.sights = [seeing.show_joints]
    seeing.send(beside, 30.0)
    seeing.until(lambda: "planner: camera" in seeing.failing and seeing.says("the arm holds"))
    assert seeing.proposals == []
    seeing.sights.append(seeing.show_image)
    seeing.until(lambda: seeing.proposals)


def test_without_a_model_no_camera_is_needed(active, beside):
    assert active.camera.get_subscription_count() == 0  # a driver that publishes on demand may stay asleep
    active.sights = [active.show_joints]
    active.send(beside)
    active.until(lambda: active.proposals and active.statistics)
    # Of the joint state that the plan was made from: no older than what is planned on at all, 0.25 s, and a plan.
    assert 0.0 <= active.statistics[-1].frame_age_ms < 1000.0
    active.until(lambda: active.told.get("planner: camera") == "not needed: there is no model to look")
    assert "planner: camera" not in active.failing


def test_the_tool_is_no_faster_than_it_may_be(bench, arm):
    bench = bench("-p", "tool_speed:=0.05")
    bench.activate()
    bench.send(Goal(pose=Pose(np.array([0.5, 0.3, 0.3]))))
    proposal = bench.until(lambda: bench.proposals and bench.proposals[-1])
    times = np.array([point.time_from_start.sec + 1e-9 * point.time_from_start.nanosec for point in proposal.points])
    tool = np.array([arm.forward(np.array(point.positions)).position for point in proposal.points])
    # 1 s of motion at 0.05 m/s, of which a tenth is for rounding corners in time; at the default it would be 0.2 m.
    assert 0.01 < np.linalg.norm(tool[-1] - tool[0]) < 1.1 * 0.05 * times[-1]


def test_no_progress_has_its_own_code(bench, beside):
    bench = bench("-p", "no_progress_time:=0.5")
    bench.activate()
    result = bench.end(bench.send(beside))
    assert result.code == Code.NO_PROGRESS and "still 0.400 rad from the goal" in result.message


def test_goal_topics_take_the_latest_and_give_way_to_an_action(active, beside):
    topic = active.node.create_publisher(JointStateMessage, "planner/goal_joints", 1)
    active.until(topic.get_subscription_count)
    topic.publish(joint_state_to_message(active.names, beside.joints, np.zeros(7), 0.0))
    active.until(lambda: active.proposals)
    result = active.end(active.send(Goal(joints=active.home)))
    assert result.code == Code.SUCCESS


def test_a_goal_topic_is_refused_on_diagnostics(active):
    topic = active.node.create_publisher(JointStateMessage, "planner/goal_joints", 1)
    active.until(topic.get_subscription_count)
    topic.publish(joint_state_to_message(active.names[:6], active.home[:6], np.zeros(6), 0.0))
    active.until(lambda: active.says("goal_joints refused: goal joints lacks panda_joint7"))
    assert active.proposals == []


def test_an_image_goal_is_planned_with_the_model(bench, model):
    bench = bench(model=model)
    bench.activate()
    bench.send(Goal(image=np.full((8, 8, 3), 200, np.uint8)))
    statistics = bench.until(lambda: bench.statistics and bench.statistics[-1], 20.0)
    assert statistics.goal_kind == "image" and "goal_latent" in [term.name for term in statistics.terms]
    assert 0.0 <= statistics.frame_age_ms < 1000.0


def refused(planner):
    """Whether activation is; a twin that is still starting cannot answer yet."""
    if planner.trigger_activate() == FAILURE:
        return True
    planner.trigger_deactivate()
    return False


def test_beside_a_second_node_of_its_name_it_refuses_to_be_activated(bench):
    # A namespace of its own: planners of other tests may still be on the graph.
    bench = bench("-r", "__ns:=/twins")
    assert bench.planner.trigger_configure() == SUCCESS
    twin = subprocess.Popen([sys.executable, "-m", "wm_ros.planner_node", "--ros-args", "-r", "__ns:=/twins"])
    try:
        seen = bench.node.get_node_names_and_namespaces
        bench.until(lambda: seen().count(("planner", "/twins")) == 2, 30.0)
        bench.until(lambda: refused(bench.planner), 30.0)
        bench.until(lambda: bench.says("another node is named /twins/planner"))
    finally:
        twin.terminate()
        assert twin.wait(timeout=30) == 0


def test_what_the_guard_commands_while_it_is_inactive_is_known_when_it_is_active_again(active, limits, home):
    # As the stop that it proposes when it is deactivated: where that ends the next goal has to begin.
    stopped = parameterise(MotionState.at_rest(home), home + 0.01 * np.arange(1, 3)[:, None], 0.2, limits)
    commands = active.node.create_publisher(JointTrajectory, "panda_arm_controller/joint_trajectory", 10)
    active.until(commands.get_subscription_count)
    assert active.planner.trigger_deactivate() == SUCCESS
    commands.publish(trajectory_to_message(stopped))
    assert active.until(lambda: active.planner._inputs.moving(active.now()))
    assert active.planner.trigger_activate() == SUCCESS
    assert active.planner._inputs.commanded(active.now() + 1.0).position == pytest.approx(home + 0.02, abs=1e-4)
