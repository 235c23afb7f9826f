"""From reading to reading: what is done next with an object that is to be lifted, and what is wanted of it."""

import numpy as np
import pytest

from wm_core.config import HandlingConfig
from wm_core.planning.lifting import Lifting, Readings
from wm_core.types import Handled, Phase

SETTINGS = HandlingConfig(lift=0.09, near=0.015, content=0.02, patience=3.0)
LIFTING = Lifting(SETTINGS, lowest=0.04, opening=0.08)  # carried at 13 cm
PART, PLACE = np.array([0.5, 0.0, 0.023]), np.array([0.5, 0.2, 0.023])
GRASP = np.array([0.5, 0.0, 0.04])  # as low over the part as the tool comes


def reading(tool=GRASP, part=PART, opening=0.08, moved=0.0):
    return Readings(np.asarray(tool, dtype=float), np.asarray(part, dtype=float), opening, moved)


def after(phase, now, seconds=0.2):
    return LIFTING.follow(Handled(phase, 10.0), now, PLACE, 0.03, 10.0 + seconds)


def test_it_begins_with_the_approach_and_so_does_a_clock_that_runs_backwards():
    assert LIFTING.follow(None, reading(), PLACE, 0.03, 5.0) == Handled(Phase.APPROACH, 5.0)
    assert after(Phase.CARRY, reading(), seconds=-1.0) == Handled(Phase.APPROACH, 9.0)


HELD, SHUT = dict(opening=0.05), dict(opening=0.005)
RAISED = dict(tool=[0.5, 0.0, 0.112], part=[0.5, 0.0, 0.10])  # within 2 cm of 13 cm


@pytest.mark.parametrize(
    ("phase", "now", "then"),
    [
        (Phase.APPROACH, reading(), Phase.CLOSE),
        (Phase.APPROACH, reading(tool=GRASP + [0.011, 0.011, 0.0]), Phase.APPROACH),  # 1.56 cm over the table
        (Phase.APPROACH, reading(tool=GRASP + [0.0, 0.0, 0.008]), Phase.APPROACH),  # too high by half a millimetre
        (Phase.CLOSE, reading(opening=0.05, moved=-0.03), Phase.CLOSE),  # still closing
        (Phase.CLOSE, reading(), Phase.CLOSE),  # not yet begun to
        (Phase.CLOSE, reading(**HELD), Phase.LIFT),
        (Phase.CLOSE, reading(**SHUT), Phase.APPROACH),  # on nothing
        (Phase.LIFT, reading(**HELD), Phase.LIFT),
        (Phase.LIFT, reading(**HELD | RAISED), Phase.CARRY),
        (Phase.LIFT, reading(**RAISED | SHUT), Phase.APPROACH),  # lost
        (Phase.CARRY, reading(**HELD | RAISED), Phase.CARRY),
        (Phase.CARRY, reading(part=PLACE + [0.0, 0.015, 0.012], opening=0.05), Phase.RELEASE),  # 1.92 cm
        (Phase.CARRY, reading(**SHUT), Phase.APPROACH),
        (Phase.RELEASE, reading(opening=0.07), Phase.RELEASE),
        (Phase.RELEASE, reading(opening=0.075), Phase.LEAVE),
        (Phase.LEAVE, reading(part=PLACE + [0.029, 0.0, 0.0]), Phase.LEAVE),
        (Phase.LEAVE, reading(part=PLACE + [0.031, 0.0, 0.0]), Phase.APPROACH),  # it fell elsewhere: once more
    ],
)
def test_what_comes_next(phase, now, then):
    found = after(phase, now)
    assert found == (Handled(phase, 10.0) if then is phase else Handled(then, 10.2))


@pytest.mark.parametrize(
    ("phase", "now", "then"),
    [
        (Phase.APPROACH, reading(tool=[0.5, 0.05, 0.04]), Phase.LEAVE),  # up, and once more
        (Phase.CLOSE, reading(), Phase.APPROACH),
        (Phase.LIFT, reading(**HELD), Phase.APPROACH),
        (Phase.CARRY, reading(**HELD | RAISED), Phase.RELEASE),
        (Phase.RELEASE, reading(**HELD), Phase.LEAVE),
        (Phase.LEAVE, reading(part=PLACE), Phase.LEAVE),  # there it stays
    ],
)
def test_no_phase_but_the_last_goes_on_for_ever(phase, now, then):
    assert after(phase, now, seconds=2.9).phase is phase
    assert after(phase, now, seconds=3.1).phase is then


def test_it_is_done_once_the_hand_is_away_from_what_it_let_go():
    gone = dict(tool=[0.5, 0.2, 0.111], part=PLACE)  # within 2 cm of 13 cm
    assert after(Phase.RELEASE, reading(**gone, opening=0.075)).away
    assert after(Phase.LEAVE, reading(**gone)).away
    assert not after(Phase.LEAVE, reading(tool=[0.5, 0.2, 0.109], part=PLACE)).away  # still beside it
    assert not after(Phase.LEAVE, reading(**gone, opening=0.07)).away  # fingers that came together again
    assert not after(Phase.CARRY, reading(**gone, opening=0.05)).away  # held there
    pushed = LIFTING.follow(Handled(Phase.LEAVE, 10.0, away=True), reading(tool=gone["tool"], part=PART), PLACE, 0.03, 10.2)
    assert pushed == Handled(Phase.APPROACH, 10.2)  # somebody moved it


def test_what_each_phase_wants():
    far = reading(tool=[0.4, 0.1, 0.2], opening=0.06)
    approach = LIFTING.wanted(Phase.APPROACH, far, PLACE)
    # From 20 cm to the 13 cm it is carried at, over the part; and down from there.
    assert approach.tool == pytest.approx([0.1, -0.1, -0.07]) and not approach.part.any() and approach.opening == pytest.approx(0.02)
    over = LIFTING.wanted(Phase.APPROACH, reading(tool=GRASP + [0.0, 0.014, 0.09]), PLACE)
    assert over.tool == pytest.approx([0.0, -0.014, -0.09]) and over.command == 0
    close = LIFTING.wanted(Phase.CLOSE, reading(), PLACE)
    assert close.opening == pytest.approx(-0.04) and close.command == -1  # to half of 8 cm
    held = reading(**HELD)
    lift = LIFTING.wanted(Phase.LIFT, held, PLACE)
    assert lift.tool == pytest.approx([0.0, 0.0, 0.09]) == lift.part and lift.opening == 0.0
    carry = LIFTING.wanted(Phase.CARRY, reading(**HELD | RAISED), PLACE)
    assert carry.tool == pytest.approx([0.0, 0.2, -0.077]) == carry.part and carry.opening == 0.0
    release, leave = (LIFTING.wanted(phase, held, PLACE) for phase in (Phase.RELEASE, Phase.LEAVE))
    assert not release.tool.any() and (release.command, leave.command) == (1, 0) and leave.tool == pytest.approx([0.0, 0.0, 0.09])
    assert release.opening == leave.opening == pytest.approx(0.03) and not leave.part.any()
