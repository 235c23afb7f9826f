"""Whether the controller is there, and begins a trajectory where the guard takes it to."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rclpy.topic_endpoint_info import TopicEndpointInfo

_SETTINGS = ("interpolate_from_desired_state", "open_loop_control")  # since Jazzy, and before


class ControllerCheck:
    """Asks a ros2_control joint_trajectory_controller, once, for the setting that all of this rests on.

    By default it begins every trajectory at the measured state, which lags behind: one that replaces another would
    jump back at every plan.
    """

    def __init__(self, node: Node, controller: str) -> None:
        """controller: its name; it need not be there yet, and need not be one of ros2_control."""
        self._node, self._controller = node, controller
        self._client = node.create_client(GetParameters, f"{controller}/get_parameters")
        self._asked = False
        self._answers: list[bool] = []

    def look(self) -> None:
        """Asks as soon as it is there. Call it now and then."""
        if self._asked or not self._client.service_is_ready():
            return
        self._asked = True
        for name in _SETTINGS:  # one by one: some answer nothing at all where they lack one of several
            self._client.call_async(GetParameters.Request(names=[name])).add_done_callback(self._on_answer)

    @property
    def problem(self) -> str | None:
        """Why it is not to be commanded; None while nothing is known against it."""
        if len(self._answers) < len(_SETTINGS) or any(self._answers):
            return None
        return (
            f"controller '{self._controller}' begins every trajectory at the measured state and would jump at every plan: "
            f"expected its parameter {_SETTINGS[0]} (before Jazzy {_SETTINGS[1]}) to be true"
        )

    @property
    def absence(self) -> str | None:
        """Why commands lead nowhere; None where somebody takes them. A planner listens too, and moves nothing."""
        topic = self._node.resolve_topic_name(f"{self._controller}/joint_trajectory")
        planners = {_of(info) for info in self._node.get_publishers_info_by_topic(self._node.resolve_topic_name("proposal"))}
        if {_of(info) for info in self._node.get_subscriptions_info_by_topic(topic)} - planners:
            return None
        return f"nobody takes commands on {topic}: is '{self._controller}' the name of a joint_trajectory_controller that was started?"

    def _on_answer(self, answered: Any) -> None:
        if answered.exception() is None:
            values = answered.result().values
            self._answers.append(any(value.type == ParameterType.PARAMETER_BOOL and value.bool_value for value in values))


def _of(info: TopicEndpointInfo) -> tuple[str, str]:
    return info.node_namespace, info.node_name
