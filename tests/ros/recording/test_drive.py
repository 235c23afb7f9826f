"""Who moves the arm while it is recorded: leg by leg, and no longer than it may."""

import itertools
import threading

import numpy as np
import pytest

from wm_ros.client import PlannerTimeout
from wm_ros.outcome import Code, Outcome
from wm_ros.recording import drive as driving
from wm_ros.recording.drive import Drive
from wm_ros.recording.roaming import Leg


class Pending:
    """A goal that ends as it is told to: at once, or when it is canceled."""

    def __init__(self, outcome):
        self._outcome, self._over = outcome, threading.Event()
        if outcome is not None:
            self._over.set()

    @property
    def ended(self):
        return self._over.is_set()

    def cancel(self):
        self._outcome = Outcome(Code.CANCELED, "canceled")
        self._over.set()

    def result(self, timeout):
        if not self._over.wait(timeout):
            raise PlannerTimeout(f"the goal did not end within {timeout:.0f} s")
        return self._outcome


class Client:
    """Plans nothing. sent: the goals, each with what it was given."""

    def __init__(self, outcome=None):
        self._outcome, self.goals, self.pending, self.came = outcome, [], [], threading.Semaphore(0)

    def start(self, goal, time_limit):
        self.goals.append(goal)
        self.pending.append(Pending(self._outcome))
        self.came.release()
        return self.pending[-1]


class Legs:
    """Always the same one."""

    def __init__(self, seconds):
        self._seconds = seconds

    def next(self, tool):
        return Leg(tool + 0.1, self._seconds)


def wait_for(client, goals):
    for _ in range(goals):
        assert client.came.acquire(timeout=5.0)


def test_a_leg_that_has_had_its_time_gives_way_to_the_next():
    client = Client()
    drive = Drive(client, Legs(0.06), lambda: np.zeros(3))
    wait_for(client, 3)
    drive.close()
    assert client.goals[0].pose.position.tolist() == [0.1, 0.1, 0.1]
    assert all(pending.ended for pending in client.pending) and drive.problem == ""


def test_a_leg_is_over_where_the_tool_arrives():
    client, place = Client(), [np.zeros(3)]
    drive = Drive(client, Legs(1000.0), lambda: place[0])
    wait_for(client, 1)
    place[0] = np.full(3, 0.095)  # 9 mm from the aim
    wait_for(client, 1)
    drive.close()
    assert client.goals[1].pose.position.tolist() == pytest.approx([0.195] * 3)


def test_closing_does_not_wait_for_the_leg_to_end():
    client = Client()
    drive = Drive(client, Legs(1000.0), lambda: np.zeros(3))
    wait_for(client, 1)
    drive.close()
    assert len(client.goals) == 1 and client.pending[0].ended


def test_while_nobody_knows_where_the_tool_is_it_stays_there():
    client = Client()
    asked = threading.Semaphore(0)
    drive = Drive(client, Legs(1.0), lambda: asked.release())
    for _ in range(2):
        assert asked.acquire(timeout=5.0)
    drive.close()
    assert client.goals == []


def test_a_planner_that_refuses_everything_is_given_up_and_named():
    client = Client(Outcome(Code.REJECTED_BY_GUARD, "the arm moves by itself"))
    drive = Drive(client, Legs(1.0), lambda: np.zeros(3))
    wait_for(client, 5)
    drive._thread.join(timeout=5.0)
    assert drive.problem == "the planner refused 5 goals in a row, the last one as REJECTED_BY_GUARD: the arm moves by itself"
    assert len(client.goals) == 5
    drive.close()


def test_an_arm_that_does_not_move_is_named():
    client = Client(Outcome(Code.NO_PROGRESS, "still 0.173 m from the goal"))
    drive = Drive(client, Legs(1.0), lambda: np.zeros(3))  # each aim is 17 cm away
    wait_for(client, 10)
    drive._thread.join(timeout=5.0)
    assert drive.problem == "the arm did not move on 10 ways in a row, the last one ended as NO_PROGRESS: still 0.173 m from the goal"
    assert len(client.goals) == 10
    drive.close()


def test_a_planner_that_died_is_named(monkeypatch):
    monkeypatch.setattr(driving, "_PATIENCE", 0.05)
    client = Client()
    monkeypatch.setattr(Pending, "cancel", lambda pending: None)  # nobody hears it
    drive = Drive(client, Legs(0.05), lambda: np.zeros(3))
    drive._thread.join(timeout=5.0)
    assert drive.problem == "the planner does not answer any more: the goal did not end within 0 s; does it still run?"
    drive.close()


def test_an_end_of_the_thread_is_told(monkeypatch):
    def lost():
        raise RuntimeError("no more kinematics")

    drive = Drive(Client(), Legs(1.0), lost)
    drive._thread.join(timeout=5.0)
    assert drive.problem == "the drive ended: RuntimeError: no more kinematics"


@pytest.mark.parametrize("code", [Code.SUCCESS, Code.NO_PROGRESS])
def test_legs_that_end_early_are_no_failures(code):
    client, looks = Client(Outcome(code, "")), itertools.count()
    drive = Drive(client, Legs(1.0), lambda: np.full(3, 0.01 * next(looks)))  # it moves: ten ways without that end it
    wait_for(client, 7)
    drive.close()
    assert drive.problem == ""
