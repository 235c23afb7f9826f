"""Times that do not fit are refused before anything moves, and the message has the arithmetic."""

from dataclasses import replace

import pytest

from wm_ros.planner_parameters import PlannerParameters
from wm_ros.planner_tools import LoadError
from wm_ros.rates import check_rates, slow_plans


class TwoFrames:
    history, step = 2, 0.2


class OneFrame(TwoFrames):
    history = 1


@pytest.fixture
def seeing(tools):
    """A model of two frames, plans of 5 x 0.2 s, at most 0.1 s for one."""
    return replace(tools, world_model=TwoFrames(), reach=1.0)


def test_the_defaults_fit(seeing):
    check_rates(PlannerParameters(), seeing)
    assert slow_plans(PlannerParameters(), seeing) is None


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"camera_period": 0.25}, "camera_period 0.25 s > model step 0.2 s: .* from within 0.25 / 2 = 0.125 s"),
        ({"camera_period": 0.1, "max_frame_age": 0.05}, "camera_period 0.1 s > max_frame_age 0.05 s"),
        ({"camera_period": 0.1, "frozen_after": 0.1}, "camera_period 0.1 s >= frozen_after 0.1 s"),
        ({"replan_period": 0.02}, "take_over 0.03 s > replan_period 0.02 s"),
        # 0.4 + 0.05 = 0.45
        (
            {"replan_period": 0.4, "take_over": 0.05, "horizon": 0.4},
            r"max\(replan_period 0.4 s, the planner's deadline 0.1 s\) \+ take_over 0.05 s = 0.45 s > horizon 0.4 s",
        ),
        ({"replan_period": 1.2, "horizon": 1.5}, r"= 1.23 s > a plan's 5 steps x 0.2 s = 1 s: the arm would come to rest"),
    ],
)
def test_times_that_do_not_fit_are_refused_with_the_arithmetic(seeing, parameters, says):
    with pytest.raises(LoadError, match=says):
        check_rates(PlannerParameters(**parameters), seeing)


def test_everything_that_does_not_fit_is_told_at_once(seeing):
    with pytest.raises(LoadError, match="model step.*max_frame_age.*; take_over"):
        check_rates(PlannerParameters(camera_period=0.6, replan_period=0.02), seeing)


def test_a_model_of_one_frame_does_not_care_how_far_apart_they_are(tools):
    check_rates(PlannerParameters(camera_period=0.25), replace(tools, world_model=OneFrame()))


def test_without_a_model_nothing_is_asked_of_a_camera(tools):
    check_rates(PlannerParameters(camera_period=0.6, frozen_after=0.5), tools)


def test_slow_plans_work_and_are_told(seeing):
    slow = replace(seeing, deadline=0.5)
    check_rates(PlannerParameters(), slow)
    assert "0.5 s (the model's planner.deadline), longer than replan_period 0.1 s" in slow_plans(PlannerParameters(), slow)
    with pytest.raises(LoadError, match="deadline 1.2 s.* = 1.23 s > horizon 1 s"):
        check_rates(PlannerParameters(), replace(seeing, deadline=1.2))


def test_the_node_stays_unconfigured_and_says_why(bench):
    bench = bench("-p", "replan_period:=0.9", "-p", "horizon:=0.5")
    assert bench.planner.trigger_configure().name == "FAILURE"
    bench.until(lambda: bench.says("= 0.93 s > horizon 0.5 s"))
