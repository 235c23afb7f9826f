"""Skills as controls: where the tool goes, what the gripper is told, and how they are combined."""

import numpy as np
import pytest

from wm_core.skills import named_skills
from wm_core.skills.named import SkillSequence
from wm_core.skills.primitives import CONTACT, Lift, Push, Rotate, Wait
from wm_core.skills.rated import stack_controls
from wm_core.skills.skill import stay, travel

OVER = np.array([0.5, 0.1, 0.12])  # m, the tool where skills begin
LONGEST = 0.05


def path(skill, tool=OVER, longest=LONGEST):
    """-> (H, 3) m, the tool at the end of every step"""
    return tool + skill.to_controls(tool, longest)[:, :3].cumsum(0)


def test_travel_is_straight_and_in_equal_steps():
    # 12 cm in steps of at most 5: three of 4 cm; then 5 cm up, one step.
    controls = travel(OVER, [OVER + [0.12, 0.0, 0.0], OVER + [0.12, 0.0, 0.05]], 0.05, gripper=-1)
    assert controls == pytest.approx(np.array([[0.04, 0, 0, -1]] * 3 + [[0, 0, 0.05, -1]]))
    assert travel(OVER, [OVER], 0.05).shape == (0, 4)


def test_push_goes_behind_and_through():
    for direction in (0.0, 2.0):
        ahead = np.array([np.cos(direction), np.sin(direction), 0.0])
        tool = path(Push("push", direction, distance=0.06))
        behind = OVER - 0.08 * ahead
        assert np.linalg.norm(tool - behind, axis=1).min() < 1e-9  # up there, before it goes down
        assert np.linalg.norm(tool - [*behind[:2], 0.04], axis=1).min() < 1e-9
        # A closed hand touches 4 cm before the middle; it ends where that is after 6 cm.
        assert tool[-1] == pytest.approx(np.array([*OVER[:2], 0.04]) + (0.06 - CONTACT) * ahead)
        again = path(Push("push", direction, distance=0.06, after=0.08))
        assert again[-1] == pytest.approx(OVER + 0.06 * ahead)  # over the object
    assert set(Push().to_controls(OVER, LONGEST)[:, 3]) == {-1.0, 0.0}


def test_rotate_pushes_beside_the_middle_along_an_arc():
    for offset in (0.02, -0.02):
        tool = path(Rotate(offset=offset, distance=0.06, turn=0.6))
        beside = OVER[1] + offset
        low = tool[np.abs(tool[:, 2] - 0.04) < 1e-9]
        assert low[0] == pytest.approx([OVER[0] - 0.08, beside, 0.04])
        assert np.linalg.norm(low - [OVER[0] - CONTACT, beside, 0.04], axis=1).min() < 1e-9
        # Two steps of 3 cm, heading 0.15 and 0.45 rad towards the middle line.
        end = np.array([OVER[0] - CONTACT + 0.03 * (np.cos(0.15) + np.cos(0.45)), beside, 0.04])
        end[1] -= np.sign(offset) * 0.03 * (np.sin(0.15) + np.sin(0.45))
        assert tool[-1] == pytest.approx(end)


def test_lift_closes_below_and_rises():
    controls = Lift(height=0.1).to_controls(OVER, LONGEST)
    # Opens, 8 cm down in two steps, three for the fingers, 10 cm up in two.
    assert controls[:, 3].tolist() == [1, 0, 0, -1, -1, -1, -1, -1]
    assert controls[:, 2].tolist() == pytest.approx([0, -0.04, -0.04, 0, 0, 0, 0.05, 0.05])


def test_a_sequence_goes_on_where_the_tool_is():
    pushed = Push("push left", np.pi / 2, distance=0.06, after=0.08)
    both = SkillSequence(pushed, Lift())
    assert both.name == "push left then lift" and both.lifts == Lift().height
    assert both.parameters["1.distance"] == 0.06 and both.parameters["2.height"] == 0.1
    first = pushed.to_controls(OVER, LONGEST)
    assert np.array_equal(both.to_controls(OVER, LONGEST)[: len(first)], first)
    assert path(both)[-1] == pytest.approx(OVER + [0.0, 0.06, 0.04 + 0.1 - 0.12])
    with pytest.raises(ValueError, match="expected two or more"):
        SkillSequence(Wait())


def test_named_skills_keep_the_bounds():
    skills = named_skills()
    assert len({skill.name for skill in skills}) == len(skills)
    assert {skill.name.split()[0] for skill in skills} == {"push", "rotate", "lift", "wait"}
    for longest in (0.05, 0.03):
        for skill in skills:
            controls = skill.to_controls(OVER, longest)
            assert np.linalg.norm(controls[:, :3], axis=1).max() <= longest + 1e-9
            assert set(controls[:, 3]) <= {-1.0, 0.0, 1.0} and path(skill)[:, 2].min() > 0.03


def test_shorter_skills_wait_at_their_end():
    controls, lengths = stack_controls([Wait(steps=2), Lift()], OVER, LONGEST)
    assert lengths == [2, 8] and controls.shape == (2, 8, 4)
    assert not controls[0].any() and np.array_equal(controls[1], Lift().to_controls(OVER, LONGEST))
    for bad in ([], [Wait(steps=0)]):
        with pytest.raises(ValueError, match="at least one"):
            stack_controls(bad, OVER, LONGEST)


def test_stay():
    assert stay(2, gripper=1).tolist() == [[0, 0, 0, 1]] * 2
