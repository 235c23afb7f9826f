"""Parameters: every row typed, ranged and described; a bad value is refused by name."""

import dataclasses
import math

import pytest
import rclpy
from rclpy.parameter import Parameter

from sim.node_parameters import SimParameters
from wm_ros.guard_parameters import GuardParameters
from wm_ros.parameters import ParameterError, declare_parameters, parameter, read_parameters
from wm_ros.planner_parameters import PlannerParameters


@dataclasses.dataclass(frozen=True)
class Table:
    speed: float = parameter(1.0, "How fast.", 0.0, 2.0)
    count: int = parameter(3, "How many.", 0, 9)
    kind: str = parameter("a", "Which.", choices=("a", "b"))


def declared(ros, *arguments):
    node = ros(*arguments).add(rclpy.create_node("table"))
    declare_parameters(node, Table, read_only=False)
    return node


def test_defaults_and_overrides_are_read_with_their_types(ros):
    node = declared(ros, "-p", "speed:=1.5", "-p", "kind:=b")
    assert read_parameters(node, Table) == Table(speed=1.5, count=3, kind="b")


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("speed:=3.0", "'speed' is refused.*expected a float from 0.0 to 2.0"),
        ("speed:=.nan", "'speed' is refused"),
        ("speed:=1", "'speed' has the wrong type.*expected a float"),
        ("count:=10", "'count' is refused.*expected a int from 0 to 9"),
    ],
)
def test_a_bad_override_is_refused_by_name(ros, override, text):
    with pytest.raises(ParameterError, match=text):
        declared(ros, "-p", override)


def test_a_bad_choice_is_refused_by_name(ros):
    node = declared(ros, "-p", "kind:=c")
    with pytest.raises(ParameterError, match="'kind' is 'c'; expected one of: a, b"):
        read_parameters(node, Table)


@pytest.mark.parametrize("value", [math.nan, 5.0, 1])
def test_at_run_time_a_bad_value_is_refused_and_the_old_one_kept(ros, value):
    node = declared(ros)
    assert not node.set_parameters([Parameter("speed", value=value)])[0].successful
    assert node.get_parameter("speed").value == 1.0


def test_a_number_without_a_range_is_a_mistake():
    with pytest.raises(TypeError, match="without a range"):
        parameter(1.0, "How fast.")


@pytest.mark.parametrize("kind", [PlannerParameters, GuardParameters, SimParameters])
def test_every_parameter_of_every_node_is_described(kind):
    for item in dataclasses.fields(kind):
        assert item.metadata["row"].description.endswith("."), item.name
