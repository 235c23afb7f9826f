"""The demo's judgement, and its promise to leave no process behind. No ROS node runs here."""

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from sim.demo.__main__ import main
from sim.demo.drive import GoalRecord
from sim.demo.film import write_film
from sim.demo.goals import IMAGE_AT, DemoGoal, demo_goals, judge
from sim.demo.launched import LaunchDied, LaunchedSystem
from sim.demo.picture import draw_picture
from sim.demo.report import write_json
from sim.demo.task_goals import task_goals
from sim.scene import Scene
from wm_core.config import ModelCardConfig, WorldModelConfig, save_config
from wm_core.types import Focus, Goal, Handling, Pose
from wm_ros.outcome import Code, Outcome

DOWN = np.array([1.0, 0.0, 0.0, 0.0])


def goal_at_origin(**parts):
    return DemoGoal("goal", Goal(**parts), np.zeros(3), np.zeros((8, 8, 3), np.uint8))


def tool(x, orientation=DOWN):
    return Pose(np.array([x, 0.0, 0.0]), orientation)


def running(command, folder, patience=(5.0, 5.0)):
    """A launched shell that has set its traps: it says so in its log."""
    system = LaunchedSystem(["bash", "-c", command], folder / "launch.log", patience)
    end = time.monotonic() + 10.0
    while "ready" not in (folder / "launch.log").read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    return system


def group_is_gone(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    # A killed process may wait for init to collect it.
    time.sleep(0.5)
    states = [line.split()[2] for line in _stats() if line.split()[4] == str(pid)]
    return all(state == "Z" for state in states)


def _stats():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                yield open(f"/proc/{entry}/stat").read().replace("(", "").replace(") ", " ")
            except OSError:
                pass


def test_an_image_goal_is_judged_by_distance_alone():
    goal = goal_at_origin(image=np.zeros((8, 8, 3), np.uint8))
    assert judge(goal, tool(0.029), np.zeros(7)).reached
    missed = judge(goal, tool(0.031), np.zeros(7))
    assert not missed.reached and missed.distance == pytest.approx(0.031)


def test_a_pose_goal_needs_the_orientation_too():
    goal = goal_at_origin(pose=Pose(np.zeros(3), DOWN))
    # A turn by 0.3 rad about the tool's axis: q = (cos 0.15, sin 0.15, 0, 0), more than the 0.2 rad allowed.
    turned = np.array([math.cos(0.15), math.sin(0.15), 0.0, 0.0])
    verdict = judge(goal, tool(0.0, turned), np.zeros(7))
    assert not verdict.reached and verdict.angle == pytest.approx(0.3)
    assert judge(goal, tool(0.0, -DOWN), np.zeros(7)).reached  # q and -q are the same turn


def test_a_joint_goal_needs_the_joints_and_the_tool():
    goal = goal_at_origin(joints=np.zeros(7))
    assert judge(goal, tool(0.0), np.full(7, 0.029)).reached
    assert not judge(goal, tool(0.0), np.full(7, 0.031)).reached
    assert not judge(goal, tool(0.031), np.zeros(7)).reached


def test_goals_show_the_scene_of_the_simulator_node():
    goals = demo_goals(0, 32)
    assert [goal.goal.kind for goal in goals] == ["image", "pose", "joints"]
    assert goals[0].goal.joints is None and goals[0].goal.pose is None  # a picture and nothing else
    np.testing.assert_array_equal(goals[0].target, IMAGE_AT)
    other = demo_goals(1, 32)
    assert (goals[0].picture != other[0].picture).any()  # another seed, another cube
    scene = Scene()
    scene.reset(0)
    home = scene.tool_pose().position
    scene.close()
    places = [home, *(goal.target for goal in goals)]
    legs = [np.linalg.norm(there - here) for here, there in zip(places, places[1:])]
    assert min(legs) > 0.15 and max(legs) < 0.47


def test_sigint_ends_the_launch(tmp_path):
    system = running("trap 'exit 7' INT; echo ready; while true; do sleep 0.05; done", tmp_path)
    assert system.stop() == 7
    assert group_is_gone(system.pid)


def test_a_launch_that_ignores_signals_is_killed_with_its_children(tmp_path):
    command = "trap '' INT TERM; (trap '' INT TERM; sleep 60) & echo ready; while true; do sleep 0.05; done"
    system = running(command, tmp_path, patience=(0.3, 0.3))
    assert system.stop() == -signal.SIGKILL
    assert group_is_gone(system.pid)


def test_children_that_a_launch_left_behind_are_killed(tmp_path):
    system = running("trap 'exit 0' INT; sleep 60 & echo ready; while true; do sleep 0.05; done", tmp_path)
    assert system.stop() == 0
    assert group_is_gone(system.pid)


def test_a_launch_that_died_is_noticed_and_its_errors_are_shown(tmp_path):
    command = "echo ready; echo fine; echo '[ERROR] [planner]: no weights'; echo more; exit 3"
    system = running(command, tmp_path)
    with system, pytest.raises(LaunchDied, match="exit code 3"):
        while True:
            system.check()
            time.sleep(0.02)
    assert system.errors() == ["[ERROR] [planner]: no weights"]


def test_a_process_that_died_within_a_launch_that_goes_on_is_noticed(tmp_path):
    died = "[ERROR] [wm_planner_node-3]: process has died [pid 12, exit code 1, cmd '/bin/wm_planner_node --ros-args'].'"
    command = f"echo '[INFO] [sim-1]: process started with pid [11]'; echo ready; sleep 0.2; echo \"{died}\"; sleep 60"
    system = running(command, tmp_path)
    with system, pytest.raises(LaunchDied, match=r"^wm_planner_node died with exit code 1$"):
        end = time.monotonic() + 10.0
        while time.monotonic() < end:
            system.check()
            time.sleep(0.02)


def test_the_launch_ends_when_the_demo_is_killed(tmp_path):
    script = (
        "import os, time, sys\nfrom pathlib import Path\nfrom sim.demo.launched import LaunchedSystem\n"
        f"log = Path({str(tmp_path / 'launch.log')!r})\n"
        "system = LaunchedSystem(['bash', '-c', \"trap 'exit 0' INT; echo ready; while true; do sleep 0.05; done\"], log)\n"
        "while 'ready' not in log.read_text(): time.sleep(0.01)\n"
        "print(system.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    pid = int(done.stdout.split()[-1])
    end = time.monotonic() + 5.0
    while not group_is_gone(pid):
        assert time.monotonic() < end


@pytest.fixture
def record():
    demo = goal_at_origin(joints=np.zeros(7))
    times = np.linspace(0.0, 2.0, 20)
    return GoalRecord(
        demo=demo,
        outcome=Outcome(Code.SUCCESS, "reached", 0.0),
        verdict=judge(demo, tool(0.01), np.zeros(7)),
        seconds=1.5,
        times=times,
        distances=0.3 * np.exp(-times),
        plan_ms=np.array([10.0, 20.0]),
        start_picture=demo.picture,
        end_picture=demo.picture,
        begin=0.0,
        end=2.0,
    )


def test_the_picture_and_the_figures_are_written(record, tmp_path):
    draw_picture([record], tmp_path / "demo.png")
    assert Image.open(tmp_path / "demo.png").size[0] > 800
    write_json([record], tmp_path / "result.json")
    text = (tmp_path / "result.json").read_text()
    assert '"plan_ms_p50": 15.0' in text and '"final_angle_rad": null' in text and "NaN" not in text


class TwoFrames:
    """Stands in for the recorder: two frames, 0.2 s apart."""

    def frames(self, begin, end):
        return [(0.1, np.zeros((8, 8, 3), np.uint8)), (0.3, np.full((8, 8, 3), 255, np.uint8))]


def test_the_film_runs_at_the_speed_of_the_arm(record, tmp_path):
    write_film([record], TwoFrames(), tmp_path / "demo.gif")
    film = Image.open(tmp_path / "demo.gif")
    assert film.n_frames == 2
    durations = []
    for number in range(2):
        film.seek(number)
        durations.append(film.info["duration"])
    assert durations == [200, 1500]


def part(x, z=0.0):
    return Pose(np.array([x, 0.0, z]), DOWN)


def test_a_part_that_is_still_held_is_not_placed():
    goal = DemoGoal("place", Goal(image=np.zeros((8, 8, 3), np.uint8)), np.zeros(3), np.zeros((8, 8, 3), np.uint8), "part", "open")
    assert judge(goal, part(0.02), np.zeros(7), opening=0.08).reached
    held = judge(goal, part(0.02), np.zeros(7), opening=0.046)
    assert not held.reached and held.note == "not released"
    assert not judge(goal, part(0.0, z=0.05), np.zeros(7), opening=0.08).reached  # in the air


def test_a_part_that_merely_lies_where_the_picture_shows_it_is_not_grasped():
    goal = DemoGoal("grasp", Goal(image=np.zeros((8, 8, 3), np.uint8)), np.zeros(3), np.zeros((8, 8, 3), np.uint8), "part", "holding")
    assert judge(goal, part(0.0), np.zeros(7), opening=0.05).reached
    for opening in (0.0, 0.08):  # shut beside it, still open
        assert judge(goal, part(0.0), np.zeros(7), opening).note == "not grasped"


def test_a_picking_demo_asks_for_grasp_lift_and_place():
    grasp, lift, place = task_goals("pick_place", 0, 32)
    assert [goal.goal.kind for goal in (grasp, lift, place)] == ["image"] * 3
    assert lift.target[2] - grasp.target[2] > 0.05
    assert np.linalg.norm(place.target - grasp.target) == pytest.approx(0.15)
    assert (grasp.fingers, lift.fingers, place.fingers) == ("holding", "holding", "open")


def test_a_pushing_demo_is_about_where_the_part_is():
    (push,) = task_goals("push", 0, 32)
    assert push.goal.focus is Focus.OBJECT and push.about == "part"
    assert abs(push.target[1]) <= 0.15


@pytest.mark.parametrize(("told", "kind"), [("final", "image"), ("object", "object")])
def test_a_picking_demo_of_one_goal_asks_for_the_part_to_be_lifted(told, kind):
    (goal,) = task_goals("pick_place", 0, 32, told)
    assert (goal.name, goal.goal.kind, goal.goal.handling) == ("pick and place", kind, Handling.LIFT)
    assert goal.picture.shape == (32, 32, 3)  # for people, also where none is sent
    there = Pose(goal.target, DOWN)
    assert judge(goal, there, np.zeros(7), opening=0.08, raised=0.06).reached
    dragged = judge(goal, there, np.zeros(7), opening=0.08, raised=0.01)
    assert not dragged.reached and dragged.note == "lifted only 1.0 cm"
    assert judge(goal, there, np.zeros(7), opening=0.05, raised=0.06).note == "not released"


def test_a_pushing_demo_can_be_told_a_position():
    (push,) = task_goals("push", 0, 32, "object")
    assert push.goal.image is None and push.goal.object_position == pytest.approx(push.target)
    assert push.goal.handling is Handling.ANY and push.lifted == 0.0


def test_of_a_model_of_two_views_a_goal_is_told_by_both_pictures():
    for goal in (demo_goals(0, 32, views=2)[0], *task_goals("pick_place", 0, 32, views=2)):
        (other,) = goal.goal.other_views
        assert other.shape == goal.goal.image.shape and (other != goal.goal.image).any()


@pytest.mark.parametrize("views", [1, 2])
def test_a_model_of_two_views_is_launched_with_a_second_camera(monkeypatch, tmp_path, capsys, views):
    card = ModelCardConfig(model=WorldModelConfig(views=views))
    save_config(card, tmp_path / "config.yaml")
    launched = []

    def launch(command, log):
        launched.extend(command)
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.demo.__main__.LaunchedSystem", launch)
    assert main(["--model", str(tmp_path), "--out", str(tmp_path / "out")]) == 130
    assert ("watch_camera_topic:=watch_camera/image_raw" in launched) == (views == 2)


@pytest.mark.parametrize("asked", [["--task", "push", "--goal", "final"], ["--goal", "object"]])
def test_a_goal_that_the_task_does_not_know_is_refused(asked, capsys):
    with pytest.raises(SystemExit):
        main(asked)
    assert "expected a goal of: image" in capsys.readouterr().err


def test_a_task_cannot_be_told_without_a_model(capsys):
    with pytest.raises(SystemExit):
        main(["--task", "push", "--model", "none"])
    assert "--task needs a model" in capsys.readouterr().err
