"""What configuring the planner finds wrong, each by name, and what it takes: model, robot file, obstacles, backend."""

import re

import numpy as np
import pytest
import yaml
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

from wm_core.config import ObstacleConfig
from wm_core.safety import Body
from wm_core.types import Goal, JointState, Observation, PlannerState, Pose
from wm_ros.outcome import Code

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


def fails_to_configure(bench, text):
    assert bench.planner.trigger_configure() == FAILURE
    bench.until(lambda: bench.says(text))
    assert bench.end(bench.send(Goal(joints=bench.home))).code == Code.NOT_READY  # alive, and says so


def test_a_missing_model_is_named(bench):
    fails_to_configure(bench(model="atlantis"), "model 'atlantis' not found")


def test_a_truncated_checkpoint_is_named(bench, model):
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    fails_to_configure(bench(model=model), "is damaged or was changed")


def test_a_model_without_its_configuration_is_named(bench, model):
    (model / "config.yaml").unlink()
    fails_to_configure(bench(model=model), "config.yaml is missing")


def test_joints_that_are_not_in_the_urdf_are_named(bench, tmp_path, robot):
    path = tmp_path / "arm.yaml"
    names = ["elbow", *robot.joint_names[1:]]
    path.write_text(yaml.safe_dump({**robot.model_dump(mode="json"), "joint_names": names}))
    fails_to_configure(bench("-p", f"robot:={path}"), "joints ['elbow'] are not in the URDF")


def test_a_robot_file_that_is_hardly_meant_is_told_of(bench, tmp_path, robot):
    path = tmp_path / "arm.yaml"
    path.write_text(yaml.safe_dump({**robot.model_dump(mode="json"), "tool_orientation": [0.0, 1.0, 0.0, 0.0]}))
    bench = bench("-p", f"robot:={path}")
    assert bench.planner.trigger_configure() == SUCCESS
    bench.until(lambda: "tool_orientation is 180 degrees" in bench.told.get("planner: robot", ""))


class TestObstacles:
    WALL = ObstacleConfig(name="wall", lower=(0.4, -0.03, 0.0), upper=(0.6, 0.03, 0.25))  # m, as reach_around has it

    def test_it_plans_around_what_is_declared(self, bench, declared, robot, arm):
        bench = bench("-p", f"obstacles:={declared(self.WALL)}")
        assert bench.planner.trigger_configure() == SUCCESS
        planner, body, down = bench.planner._tools.planner, Body(robot, arm.chain()), np.array(robot.tool_orientation)
        joints = arm.inverse(Pose(np.array([0.5, 0.2, 0.14]), down), np.array(robot.home))
        target, state = np.array([0.5, -0.2, 0.14]), PlannerState(seed=0)
        for row in range(30):
            seen = Observation(bench.picture, JointState(joints, np.zeros(7), 0.2 * row), 0.2 * row)
            plan, state = planner.plan([seen], Goal(pose=Pose(target)), state)
            middles = body.positions(np.linspace(joints, plan.joint_path[0], 9))
            away = np.linalg.norm(middles - np.clip(middles, self.WALL.lower, self.WALL.upper), axis=-1) - body.radii
            assert away.min() > 0.005  # m
            joints = plan.joint_path[0]
            if np.linalg.norm(arm.forward(joints).position - target) < 0.02:
                return
        pytest.fail(f"{100 * np.linalg.norm(arm.forward(joints).position - target):.1f} cm are left")

    def test_a_goal_inside_one_is_refused(self, bench, declared, arm, robot):
        bench = bench("-p", f"obstacles:={declared(self.WALL)}")
        bench.activate()
        inside = np.array([0.5, 0.0, 0.2])
        joints = arm.inverse(Pose(inside, np.array(robot.tool_orientation)), np.array(robot.home))
        for goal, what in ((Goal(pose=Pose(inside)), "goal pose"), (Goal(joints=joints), "goal joints put the tool")):
            result = bench.end(bench.send(goal))
            assert result.code == Code.INVALID_GOAL and bench.proposals == []
            assert result.message.startswith(what) and "inside the declared obstacle 'wall'" in result.message
        bench.until(lambda: bench.told.get("planner: obstacles") == "wall")

    def test_a_wrong_file_is_named(self, bench, tmp_path):
        (tmp_path / "wall.yaml").write_text("obstacles: [{name: wall, lower: [0.4, 0, 0], upper: [0.4, 1, 1]}]")
        fails_to_configure(bench("-p", f"obstacles:={tmp_path}/wall.yaml"), "wall.yaml: obstacles.0 = {'name': 'wall'")

    def test_a_robot_without_a_body_cannot_keep_clear(self, bench, declared, tmp_path, robot):
        path = tmp_path / "arm.yaml"
        path.write_text(yaml.safe_dump({**robot.model_dump(mode="json"), "body": []}))
        arguments = "-p", f"robot:={path}", "-p", f"obstacles:={declared(self.WALL)}"
        fails_to_configure(bench(*arguments), "the file of robot 'panda' has no 'body' to keep clear of them")


class Log:
    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(text)

    warning = info


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("model", r"rollouts by 'torch' \(backend:=model\) on cpu"),
        ("fused", r"rollouts by 'fused' \(backend:=fused\) on cpu"),
        # What it was chosen from, then what was taken.
        ("auto", r"backend '([\w-]+)' of: torch [\d.]+ ms.*\nrollouts by '\1' \(backend:=auto\) on cpu"),
    ],
)
def test_the_backend_is_taken_and_told_at_configure(bench, model, monkeypatch, backend, said):
    bench, log = bench("-p", f"backend:={backend}", "-p", "device:=cpu", model=model), Log()
    monkeypatch.setattr(bench.planner, "get_logger", lambda: log)
    assert bench.planner.trigger_configure() == SUCCESS
    assert re.search(said, "\n".join(log.lines)), log.lines


def test_a_backend_that_there_is_not_is_refused_by_name(bench, model):
    fails_to_configure(bench("-p", "backend:=warp", model=model), "'backend' is 'warp'; expected one of: model, auto, torch")


def test_a_controller_that_is_no_topic_name_is_named_and_leaves_nothing_behind(bench):
    bench = bench("-p", "controller:=my-arm")
    assert bench.planner.trigger_configure() == FAILURE
    bench.until(lambda: bench.says("'my-arm/joint_trajectory' is no name of a topic"))
    assert bench.planner.count_publishers("proposal") == 0
    bench.planner.set_parameters([Parameter("controller", value="my_arm")])
    assert bench.planner.trigger_configure() == SUCCESS
