"""The gripper does what it is told, and the arm feels what it moves."""

import numpy as np
import pytest

from wm_core.types import Command

PART = 0.046  # m, edge of the work piece
LOW = 0.035  # m, of the tool that pushes or grasps


@pytest.fixture
def table(tabletop):
    return tabletop(task="pick_place")


def stay(table, gripper, steps=4):
    joints = table.observe().joints.position
    return [table.step(Command(joints, gripper), 0.2).gripper for _ in range(steps)]


def test_the_fingers_close_open_and_stay(table):
    table.reset(0)
    assert table.observe().gripper == pytest.approx(0.08, abs=1e-3)
    closing = stay(table, -1)
    # Each finger drives 0.1 m/s: 4 cm a finger take 0.4 s, two model steps.
    assert closing[0] == pytest.approx(0.04, abs=0.01) and closing[-1] < 0.002
    assert max(stay(table, 0)) < 0.002
    assert stay(table, 1)[-1] == pytest.approx(0.08, abs=0.002)
    assert min(stay(table, 0)) > 0.078


def test_a_motion_that_was_begun_goes_on_while_the_command_is_to_leave_it(table):
    table.reset(0)
    stay(table, -1, steps=1)
    assert stay(table, 0)[-1] < 0.002


def test_in_free_air_nothing_is_felt(table, go):
    table.reset(1)
    _, felt = go(table, table.tool_position() + np.array([0.0, 0.05, 0.02]))
    assert all(each.touch == 0.0 and not each.carried.any() for each in felt)


def test_pushing_carries_what_the_part_moves(table, go):
    table.reset(2)
    part = table.object_position()
    stay(table, -1)
    go(table, part + np.array([-0.07, 0.0, 0.10]), speed=0.05)
    go(table, np.array([part[0] - 0.07, part[1], LOW]))
    before = table.object_position()
    np.testing.assert_allclose(before, part, atol=1e-3)
    _, felt = go(table, np.array([part[0] + 0.02, part[1], LOW]), speed=0.02)
    moved = table.object_position() - before
    carried = sum(each.carried for each in felt)
    assert moved[0] > 0.03
    # The fingers meet a face 2.3 cm from the centre of a part that may be turned: 1 cm is the corner that it turns by.
    assert abs(carried[0] - moved[0]) < 0.01 and abs(carried[2]) < 1e-6
    assert felt[-1].touch > 0.5


def test_what_is_held_is_carried_as_the_tool_moves(table, go):
    table.reset(0)  # turned by 9 degrees
    part = table.object_position()
    go(table, part + np.array([0.0, 0.0, 0.10]), speed=0.05)
    go(table, np.array([*part[:2], LOW]))
    assert stay(table, -1)[-1] == pytest.approx(PART, abs=0.005)
    tool, held = table.tool_position(), table.object_position()
    _, felt = go(table, tool + np.array([-0.03, 0.04, 0.08]))
    motion = table.tool_position() - tool
    np.testing.assert_allclose(sum(each.carried for each in felt), motion, atol=2e-3)
    # The fingers are coupled: what they hold does not slide from side to side in the hand.
    np.testing.assert_allclose(table.object_position() - held, motion, atol=2e-3)
    assert min(each.touch for each in felt) == 1.0
