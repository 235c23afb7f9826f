"""The Python client does not hang on what ROS may lose."""

import threading

import numpy as np
import pytest
import rclpy
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.action import ActionServer, CancelResponse
from rclpy.task import Future
from wm_interfaces.action import PlanToGoal

from wm_core.types import Goal
from wm_ros import client as client_module
from wm_ros.client import PlannerClient, PlannerTimeout
from wm_ros.outcome import Code, Outcome


class LossyService:
    """Loses its first answer, as a service does that is found before the way back; then the planner is active."""

    def __init__(self, lost: int) -> None:
        self.asked, self._lost = 0, lost

    def wait_for_service(self, timeout_sec: float) -> bool:
        return True

    def call_async(self, request: GetState.Request) -> Future:
        self.asked += 1
        answer = Future()
        if self.asked > self._lost:
            answer.set_result(GetState.Response(current_state=State(id=State.PRIMARY_STATE_ACTIVE, label="active")))
        return answer


class Server:
    def wait_for_server(self, timeout_sec: float) -> bool:
        return True

    def destroy(self) -> None:
        pass


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setattr(client_module, "_ANSWER", 0.1)
    with PlannerClient(["joint"]) as client:
        client._actions.destroy()
        client._actions = Server()
        yield client


def test_a_lost_answer_is_asked_for_again(client):
    client._state = service = LossyService(lost=1)
    client.wait_until_active(10.0)
    assert service.asked == 2


def test_a_planner_that_never_answers_is_reported(client):
    client._state = LossyService(lost=1000)
    with pytest.raises(PlannerTimeout, match="not active within 1 s: it is silent"):
        client.wait_until_active(1.0)


def test_sub_goals_are_sent_in_turn_until_one_fails(client, monkeypatch):
    ends = {0.1: Code.SUCCESS, 0.2: Code.NO_PROGRESS, 0.3: Code.SUCCESS}
    monkeypatch.setattr(client, "send", lambda goal, limit, progress: Outcome(ends[goal.joints[0]], f"{limit} s"))
    found = client.send_in_turn([Goal(joints=np.array([value])) for value in ends], 7.0)
    assert [(end.code, end.message) for end in found] == [(Code.SUCCESS, "7.0 s"), (Code.NO_PROGRESS, "7.0 s")]


def test_a_script_that_ends_in_the_middle_of_a_goal_takes_the_goal_back(ros):
    # Ctrl-C while `send` waits: the arm must not drive on for nobody.
    spinner, handles, asked = ros(), [], threading.Event()
    node = spinner.add(rclpy.create_node("planner"))

    def cancel(handle):
        asked.set()
        return CancelResponse.ACCEPT

    server = ActionServer(
        node, PlanToGoal, "planner/plan_to_goal", lambda handle: None,
        handle_accepted_callback=handles.append, cancel_callback=cancel,
    )  # fmt: skip

    def script():
        with PlannerClient(["joint"]) as client:
            client._actions.wait_for_server(10.0)
            client.start(Goal(joints=np.zeros(1)))
            while not handles:
                asked.wait(0.01)

    running = threading.Thread(target=script)
    running.start()
    spinner.until(asked.is_set)
    running.join(10.0)
    assert not running.is_alive()
    server.destroy()
