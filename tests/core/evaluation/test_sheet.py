"""The contact sheet of the worst episodes."""

import cv2
import numpy as np
import pytest

from wm_core.evaluation.episode import Episode, EpisodeResult
from wm_core.evaluation.sheet import GAP, STRIP, TILE, contact_sheet, write_sheet
from wm_core.types import Goal


def episode(goal, frames=9):
    # Frame i is of grey level 10 i.
    result = EpisodeResult(seed=3, success=False, distance_m=0.05, start_distance_m=0.1, steps=frames - 1)
    return Episode(result, tuple(np.full((64, 64, 3), 10 * i, np.uint8) for i in range(frames)), goal)


def tile(sheet, row, column):
    top, left = row * (STRIP + TILE + GAP) + STRIP, column * (TILE + GAP)
    return sheet[top : top + TILE, left : left + TILE]


def test_a_row_shows_start_middle_end_and_goal():
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    sheet = contact_sheet([episode(Goal(image=red)), episode(Goal(image=red))])
    assert sheet.shape == (2 * (STRIP + TILE + GAP), 6 * (TILE + GAP), 3)
    # 9 frames, 5 shown: 0, 2, 4, 6, 8.
    for column, level in enumerate((0, 20, 40, 60, 80)):
        assert (tile(sheet, 1, column) == level).all()
    assert (tile(sheet, 0, 5) == (255, 0, 0)).all()
    assert (sheet[:STRIP] == 0).any()  # the label, in black on white


def test_a_goal_without_a_picture_is_named():
    shown = tile(contact_sheet([episode(Goal(joints=np.zeros(7)))]), 0, 5)
    assert 0 < (shown > 128).mean() < 0.2  # white letters on black


def test_the_file_is_a_png_in_true_colours(tmp_path):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    path = tmp_path / "sub" / "worst.png"
    write_sheet(path, [episode(Goal(image=red))])
    shown = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    assert (tile(shown, 0, 5) == (255, 0, 0)).all()
    with pytest.raises(ValueError, match="no episodes"):
        write_sheet(path, [])
