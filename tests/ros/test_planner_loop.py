"""The planning thread keeps step with the camera."""

import threading
import time

import numpy as np
import pytest

from wm_core.history import ObservationHistory
from wm_core.types import Goal, JointState
from wm_ros.goal_run import Clocks, RunSettings
from wm_ros.guard_logic import GuardCounts
from wm_ros.guard_watch import GuardWatch
from wm_ros.planner_inputs import PlannerInputs
from wm_ros.planner_loop import Order, PlannerLoop

CAMERA, PERIOD = 0.2, 0.4  # s


class Notes:
    """Implements `Outputs`: remembers how old the newest frame of each plan was, s."""

    def __init__(self):
        self.ages = []
        self.enough = threading.Event()

    def planned(self, plan, goal, distance, made, frame_age):
        self.ages.append(frame_age)
        if len(self.ages) >= 12:
            self.enough.set()

    def propose(self, trajectory, stamp):
        pass

    def problem(self, part, message):
        pass

    def works(self, message):
        pass


@pytest.fixture
def inputs(home):
    """Of a camera that sends a frame each `CAMERA` s."""
    inputs = PlannerInputs(ObservationHistory(1, 0.2, CAMERA), 0.5, 0.5, 60.0)
    ended = threading.Event()

    def look():
        due = time.monotonic() + CAMERA
        while not ended.wait(max(0.0, due - time.monotonic())):
            due += CAMERA  # not from now on: a busy machine must not make its period longer
            inputs.add_joints(JointState(home, np.zeros(7), time.time()), time.monotonic())
            inputs.add_image(np.zeros((4, 4, 3), np.uint8), time.time(), time.monotonic())

    camera = threading.Thread(target=look)
    camera.start()
    yield inputs
    ended.set()
    camera.join()


def test_a_proposal_is_out_before_anybody_asks_why(inputs, tools, planner, home):
    told = []

    class Sequence(Notes):
        def propose(self, trajectory, stamp):
            told.append(("proposed", planner.plans, planner.reviewed))

        def planned(self, *arguments):
            told.append(("planned", planner.plans, planner.reviewed))
            super().planned(*arguments)

    notes = Sequence()
    settings = RunSettings(1.0, 0.03, 0.05, 0.3, 60.0, CAMERA)
    loop = PlannerLoop(tools, inputs, GuardWatch(60.0), notes, settings, Clocks(time.time, time.monotonic), PERIOD)
    try:
        assert loop.submit(Order(Goal(joints=home + 0.5 * np.eye(7)[0]), 60.0, True, lambda _: None, lambda _: None))
        assert notes.enough.wait(30.0)
    finally:
        loop.close("the test is over")
    # Of plan after plan: out while one review fewer than plans was made, then reviewed, then told of.
    assert told[:4] == [("proposed", 1, 0), ("planned", 1, 1), ("proposed", 2, 1), ("planned", 2, 2)]


def test_a_plan_begins_when_a_frame_comes_not_when_the_clock_says(inputs, tools, home):
    seen = threading.Event()
    inputs.listen(lambda _: seen.set())
    assert seen.wait(5.0)
    time.sleep(0.6 * CAMERA)  # the loop's own clock is out of step with the camera: that is what is tested
    notes = Notes()
    settings = RunSettings(1.0, 0.03, 0.05, 0.3, 60.0, CAMERA)
    clocks = Clocks(time.time, time.monotonic)
    loop = PlannerLoop(tools, inputs, GuardWatch(60.0), notes, settings, clocks, PERIOD)
    try:
        target = home + 0.5 * np.eye(7)[0]
        assert loop.submit(Order(Goal(joints=target), 60.0, True, lambda _: None, lambda _: None))
        assert notes.enough.wait(30.0)
    finally:
        loop.close("the test is over")
    assert np.median(notes.ages[2:]) < 0.3 * CAMERA


def test_what_was_refused_before_an_input_fell_silent_ends_no_goal(tools, home):
    guard, ended, held = GuardWatch(0.5), [], threading.Event()

    class Refused(Notes):
        """The guard has refused for 9 s, and the arm tells nothing."""

        holds = 0

        def problem(self, part, message):
            self.holds += 1
            guard.update(GuardCounts(rejected=self.holds), time.monotonic() - 9.0)
            if self.holds == 5:
                held.set()

    silent = PlannerInputs(ObservationHistory(1, 0.2, CAMERA), 0.5, 0.5, 60.0)
    settings = RunSettings(1.0, 0.03, 0.05, 0.3, 60.0, CAMERA)
    loop = PlannerLoop(tools, silent, guard, Refused(), settings, Clocks(time.time, time.monotonic), 0.02)
    try:
        assert loop.submit(Order(Goal(joints=home), 60.0, True, ended.append, lambda _: None))
        assert held.wait(10.0) and not ended
    finally:
        loop.close("the test is over")
