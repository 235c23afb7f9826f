"""What a gate is shown, and that its stop ends the goal and holds the arm; the gate is a fake."""

import threading
import time
from concurrent.futures import Future as Promise
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from wm_core.history import ObservationHistory
from wm_core.types import Goal, JointState, Observation, Pose
from wm_ros.gate_watch import GateWatch
from wm_ros.goal_run import Clocks, GoalRun, RunSettings
from wm_ros.outcome import Code
from wm_ros.planner_inputs import CAMERA, WATCH_CAMERA, PlannerInputs
from wm_ros.planner_loop import Order, PlannerLoop


class Rail:
    """The tool is where the first joint is, along x."""

    def forward(self, joints):
        return Pose(np.array([joints[0], 0.0, 0.0]))


@dataclass
class Verdict:
    stop: bool = False
    reason: str = "picture 9 std, limit 1 std: colours or textures are far from those of the training data"


class Gate:
    """Keeps what it is shown, of the model's camera and of the other one; stops at a black picture."""

    def __init__(self):
        self.shown, self.glanced, self.watched, self.resets = [], [], [], 0

    def reset(self):
        self.resets += 1

    def glance(self, observation, camera):
        (self.watched if camera else self.glanced).append(round(observation.stamp, 3))
        return Verdict(not observation.image.any(), "intrusion 9 std")

    def observe(self, observation, controls, camera):
        assert camera == 0
        self.shown.append((round(observation.stamp, 3), None if controls is None else controls.round(6).tolist()))
        return Verdict(not observation.image.any())


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def watch(gate):
    return GateWatch(gate, Rail(), step=0.2, action_dim=4, tolerance=0.05)


def frame(stamp, position=0.0, grey=9):
    return Observation(np.full((2, 2, 3), grey, np.uint8), JointState(np.array([position]), np.zeros(1), stamp), stamp)


def test_it_is_shown_a_moment_a_model_step_however_often_and_seldom_planned(gate, watch):
    frames = [frame(10.0 + 0.05 * tick, position=0.01 * tick) for tick in range(21)]  # 20 Hz, 1 s, 20 cm/s
    watch.commanded(10.25, -1)
    for count in (1, 3, 7, 9, 20):  # at 10.0, 10.1, 10.3, 10.4, 10.95 s
        assert watch.look(frames[:count]) is None
    # 4 cm each; the gripper's command came within the second step, before its middle at 10.3 s.
    assert gate.shown == [
        (10.0, None),
        (10.2, [0.04, 0.0, 0.0, 0.0]),
        (10.4, [0.04, 0.0, 0.0, -1.0]),
        (10.6, [0.04, 0.0, 0.0, -1.0]),
        (10.8, [0.04, 0.0, 0.0, -1.0]),
    ]
    assert gate.resets == 1


def test_the_newest_frame_is_looked_at_at_once_for_what_came_in(gate, watch):
    frames = [frame(10.0 + 0.05 * tick) for tick in range(6)]
    for count in (1, 2, 2, 4, 5, 6):
        watch.look(frames[:count])
    # Those at 10.0 and 10.2 s were shown as moments; none twice; 10.1 s was never the newest.
    assert gate.glanced == [10.05, 10.15, 10.25]
    assert watch.look([*frames, frame(10.3, grey=0)]) == "intrusion 9 std"
    watch.look([frame(5.0)])  # the clock is set back
    assert watch.look([frame(5.0), frame(5.05, grey=0)]) == "intrusion 9 std"


def test_a_frame_of_the_watch_camera_alone_is_looked_at_once_and_by_itself(gate, watch):
    watch.look([frame(10.0)], frame(9.98))
    assert watch.glance([frame(10.0)], frame(10.08)) is None
    assert watch.glance([frame(10.0)], frame(10.08)) is None
    assert (gate.shown, gate.glanced, gate.watched) == ([(10.0, None)], [], [9.98, 10.08])
    assert watch.glance([frame(10.0)], frame(10.18, grey=0)) == "intrusion 9 std"
    watch.look([frame(5.0)], frame(5.0))  # the clock is set back
    assert watch.glance([frame(5.0)], frame(4.9, grey=0)) == "intrusion 9 std"


def test_after_a_gap_it_says_nothing_of_surprise_until_two_moments_are_a_step_apart(gate, watch):
    for stamp in (10.0, 10.2, 11.0, 11.2, 11.4):
        watch.look([frame(stamp)])
    still = [0.0] * 4
    assert gate.shown == [(10.0, None), (10.2, still), (11.0, None), (11.2, None), (11.4, still)]


def test_a_clock_that_was_set_back_does_not_blind_it(gate, watch):
    watch.look([frame(10.0)])
    assert watch.look([frame(5.0, grey=0)]).startswith("picture 9 std")


SETTINGS = RunSettings(horizon=1.0, take_over=0.03, rest_speed=0.05, settle_time=0.3, no_progress_time=2.0, no_progress_time_object=2.0)


class Rig:
    """A goal that is pursued before two cameras."""

    def __init__(self, gate, tools, clock, home):
        self.clock, self.home = clock, home
        watched = ObservationHistory(1, 0.2, 0.1)
        self.inputs = PlannerInputs(ObservationHistory(1, 0.2, 0.1), 0.5, 0.25, 1.0, remember=1.0, watched=watched)
        model = type("Model", (), {"history": 1, "step": 0.2, "action_dim": 3})()
        self.tools = replace(tools, gate=gate, world_model=model)
        self.goal = Goal(joints=home + 0.4 * np.eye(7)[0])

    def see(self, part, grey=9):
        now = self.clock.time
        self.inputs.add_joints(JointState(self.home, np.zeros(7), now), now)
        self.inputs.add_image(np.full((4, 4, 3), grey, np.uint8), now, now, part)

    def start(self):
        """A run under way: the arm moves, the clock is one model step further."""
        run = GoalRun(self.goal, 10.0, self.tools, self.inputs, SETTINGS, Clocks(self.clock, self.clock))
        self.see(CAMERA), self.see(WATCH_CAMERA)
        step = run.step()
        assert step.outcome is None
        self.inputs.command(step.trajectory, self.clock.time)
        self.clock.time += 0.2
        return run


@pytest.fixture
def rig(gate, tools, clock, home):
    return Rig(gate, tools, clock, home)


def test_a_stop_ends_the_goal_brings_the_arm_to_rest_and_says_why(rig):
    run = rig.start()
    rig.see(CAMERA, grey=0)
    step = run.step()
    assert step.outcome.code is Code.SURPRISED and "the model's gate stopped the arm: picture 9 std" in step.outcome.message
    assert step.problem.part == "gate"
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7


def test_a_frame_of_the_watch_camera_stops_the_arm_between_two_periods(rig, gate):
    run = rig.start()
    assert run.glance() is None
    rig.see(WATCH_CAMERA, grey=0)
    step = run.glance()
    assert step.outcome.code is Code.SURPRISED and "stopped the arm: intrusion 9 std" in step.outcome.message
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7
    assert len(gate.shown) == 1  # no moment of the model's camera had come


def test_without_the_watch_camera_a_moving_arm_is_brought_to_rest_and_goes_on_when_it_is_back(rig):
    run = rig.start()
    rig.clock.time += 0.4  # 0.6 s after its last frame; 0.5 s are allowed
    rig.see(CAMERA)
    step = run.step()
    assert step.outcome is None and step.progress.state == "holding"
    assert step.problem.part == "watch_camera" and step.problem.message == "no message for 0.6 s"
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7
    rig.see(WATCH_CAMERA)
    assert run.step().progress.state == "planning"


@pytest.mark.parametrize("seen", [CAMERA, WATCH_CAMERA])
def test_the_planning_thread_shows_the_gate_what_comes_between_two_periods(rig, seen):
    ended, planned = Promise(), threading.Event()
    outputs = SimpleNamespace(propose=lambda *_: None, planned=lambda *_: None, problem=lambda *_: None, works=lambda _: None)
    guard = SimpleNamespace(refusing=lambda steady: None, reset=lambda: None)
    clocks = Clocks(rig.clock, time.monotonic)

    def see(part, grey):
        rig.inputs.add_joints(JointState(rig.home, np.zeros(7), rig.clock.time), time.monotonic())
        rig.inputs.add_image(np.full((4, 4, 3), grey, np.uint8), rig.clock.time, time.monotonic(), part)

    see(CAMERA, 9), see(WATCH_CAMERA, 9)
    loop = PlannerLoop(rig.tools, rig.inputs, guard, outputs, SETTINGS, clocks, period=60.0)  # one period, for this test
    try:
        assert loop.submit(Order(rig.goal, 50.0, True, ended.set_result, lambda _: planned.set()))
        assert planned.wait(10.0)
        rig.clock.time += 0.05
        see(seen, 0)
        outcome = ended.result(10.0)
        assert outcome.code is Code.SURPRISED and "intrusion 9 std" in outcome.message
    finally:
        loop.close("the test is over")
