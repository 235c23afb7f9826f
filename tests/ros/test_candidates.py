"""Why a plan was chosen, as messages: the statistics' explanation and the markers that RViz draws."""

import math
from dataclasses import replace

import numpy as np
import pytest
from visualization_msgs.msg import Marker

from wm_core.explanation import Alternative, Considered, Explanation
from wm_core.types import Plan
from wm_ros.conversions.candidates import candidates_message
from wm_ros.conversions.statistics_messages import PlanReport, planner_statistics_message

PATH = np.array([[0.5, 0.0, 0.2], [0.5, 0.1, 0.2]])
TOOL = np.array([0.5, -0.1, 0.2])
OTHERS = tuple(Alternative(PATH + [0.0, 0.0, 0.1 * number], 1.0 + number, ()) for number in (1, 2))
WHY = Explanation(Considered(48, 2, 3, 20), OTHERS, np.array([0.25, 0.125]), realised=0.375, foreseen=0.5)


@pytest.fixture
def plan():
    still = np.zeros((2, 7))
    plan = Plan(still[0], still, PATH, np.zeros((2, 3)), 0.2, 1.0, (), 0.5, 16, 3, 0.04, False)
    return replace(plan, uncertainty=np.array([0.015, 0.06]), explanation=WHY)


def statistics(plan):
    return planner_statistics_message(PlanReport(plan, "image", 0.1, 5.0, 0.1, 0.1, 1, 0, "base"))


def test_the_statistics_say_what_it_was_chosen_from_and_what_it_promises(plan):
    message = statistics(plan)
    assert (message.scored, message.limited, message.touching, message.invalid) == (48, 20, 3, 2)
    assert list(message.goal_distance) == [0.25, 0.125]
    assert list(message.uncertainty) == [0.015, 0.06]
    assert (message.realised_distance, message.foreseen_distance) == (0.375, 0.5)


def test_a_planner_that_gives_no_reasons_has_none_in_its_statistics(plan):
    message = statistics(replace(plan, uncertainty=None, explanation=None))
    assert (message.scored, len(message.goal_distance), len(message.uncertainty)) == (0, 0, 0)
    assert math.isnan(message.realised_distance) and math.isnan(message.foreseen_distance)


def drawn(plan):
    return candidates_message(plan, TOOL, 0.03, 5.0, 0.2, "base").markers


def test_the_chosen_path_is_thick_and_turns_red_with_doubt(plan):
    chosen = drawn(plan)[0]
    assert (chosen.ns, chosen.type, chosen.action) == ("chosen", Marker.LINE_STRIP, Marker.ADD)
    assert [(point.x, point.y, point.z) for point in chosen.points] == [tuple(TOOL), *map(tuple, PATH)]
    # No doubt where the arm is; 15 mm of the 30 mm that are red; 60 mm are no more than red.
    assert [color.r for color in chosen.colors] == [0.0, 0.5, 1.0]
    assert [color.g for color in chosen.colors] == [1.0, 0.5, 0.0]


def test_alternatives_are_thin_lines_of_their_own(plan):
    chosen, *others = drawn(plan)
    assert [(line.ns, line.id) for line in others] == [("alternatives", 0), ("alternatives", 1)]
    assert all(line.scale.x < chosen.scale.x / 2 for line in others)
    assert others[1].points[-1].z == pytest.approx(0.4)


def test_every_marker_is_in_the_base_frame_stamped_and_vanishes(plan):
    for line in drawn(plan):
        assert (line.header.frame_id, line.header.stamp.sec) == ("base", 5)
        assert (line.lifetime.sec, line.lifetime.nanosec) == (0, 200_000_000)


def test_without_an_ensemble_or_reasons_the_path_alone_is_drawn_green(plan):
    (chosen,) = drawn(replace(plan, uncertainty=None, explanation=None))
    assert {(color.r, color.g) for color in chosen.colors} == {(0.0, 1.0)}
