"""Pictures of two cameras belong to one moment: by stamp, whichever comes first, and never by order of arrival. All times are s."""

import weakref

import numpy as np
import pytest

from wm_core.history import ObservationHistory
from wm_core.types import JointState, Observation
from wm_ros.freshness import InputError
from wm_ros.paired_views import PairedViews


@pytest.fixture
def views():
    return PairedViews("second", ObservationHistory(2, 0.2, 0.1), tolerance=0.05, max_age=0.5, remember=1.0)


def frame(stamp):
    """Its pixels say when it was taken, in hundredths of a second."""
    grey = round(100 * stamp) % 256
    return Observation(np.full((2, 2, 3), grey, np.uint8), JointState(np.zeros(1), np.zeros(1), stamp), stamp)


def newest(views):
    """When the newest moment's pictures were taken."""
    last = views.window()[-1]
    return last.stamp, last.other_views[0][0, 0, 0] / 100


def test_the_nearest_picture_is_taken_though_newer_ones_are_there(views):
    for stamp in (1.02, 1.07, 1.12):
        assert not views.add_other(frame(stamp))
    assert views.add(frame(1.06))
    assert newest(views) == (1.06, 1.07)


def test_a_second_camera_that_comes_late_is_waited_for(views):
    # Both take theirs at the same moments, each 0.05 s; the second one's comes 0.12 s later.
    moments = [1.0 + 0.05 * tick for tick in range(8)]
    for tick, stamp in enumerate(moments):
        assert not views.add(frame(stamp))
        if tick >= 3:
            assert views.add_other(frame(moments[tick - 3]))
            assert newest(views) == pytest.approx((moments[tick - 3],) * 2)


def test_the_picture_before_is_not_taken_where_the_next_will_be_nearer(views):
    # 20 Hz each, the second one 0.01 s behind: of 1.10 the picture of 1.06 is near enough and there, and that of 1.11 belongs to it.
    for stamp in (1.01, 1.06):
        views.add_other(frame(stamp))
    assert views.add(frame(1.05)) and newest(views) == (1.05, 1.06)
    assert not views.add(frame(1.10))
    assert views.add_other(frame(1.11)) and newest(views) == (1.10, 1.11)


def test_nothing_is_waited_for_where_the_next_will_be_farther(views):
    # 10 Hz: the next comes at 1.11, and 1.05 is nearer to 1.01.
    for stamp in (0.91, 1.01):
        views.add_other(frame(stamp))
    assert views.add(frame(1.05))
    assert newest(views) == (1.05, 1.01)


def test_a_frame_without_a_picture_of_its_moment_is_passed_over(views):
    views.add(frame(1.0))
    views.add_other(frame(1.0))
    views.add(frame(1.1))
    assert not views.add_other(frame(1.2))  # 1.1 was lost
    assert newest(views) == (1.0, 1.0)
    assert views.add(frame(1.2)) and newest(views) == (1.2, 1.2)


def test_the_model_sees_moments_a_step_apart_each_with_both_pictures(views):
    for tick in range(6):
        views.add(frame(1.0 + 0.1 * tick))
        views.add_other(frame(1.02 + 0.1 * tick))
    pairs = [(seen.stamp, seen.other_views[0][0, 0, 0] / 100) for seen in views.window()]
    assert pairs == [pytest.approx((1.3, 1.32)), pytest.approx((1.5, 1.52))]
    assert [seen.stamp for seen in views.frames()] == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4, 1.5])


def test_cameras_that_show_no_moment_together_are_an_error_that_names_the_second(views):
    with pytest.raises(InputError, match="second: no picture within 0.05 s of one of the first camera's$"):
        views.check(1.0)
    views.add(frame(1.0))
    views.add_other(frame(1.0))
    views.check(1.5)
    for tick in range(1, 7):  # both go on, and never meet
        views.add(frame(1.0 + 0.2 * tick))
        views.add_other(frame(1.1 + 0.2 * tick))
    with pytest.raises(InputError, match="second: no picture within 0.05 s of one of the first camera's for 1.2 s"):
        views.check(2.2)


def test_a_moment_before_that_is_missing_is_an_error_that_names_the_second(views):
    for stamp in (1.0, 1.1, 1.2, 1.3):
        views.add(frame(stamp))
    views.add_other(frame(1.0))
    views.add_other(frame(1.3))  # those between were lost: the model needs one of 1.1
    with pytest.raises(InputError, match="second: both cameras together: no frame at 1.100 s"):
        views.window()


def test_a_clock_that_was_set_back_begins_anew(views):
    for stamp in (9.0, 9.1):
        views.add(frame(stamp))
        views.add_other(frame(stamp))
    views.add(frame(9.2))
    assert not views.add(frame(2.0))
    with pytest.raises(InputError, match="no frame has arrived yet"):
        views.window()
    views.add_other(frame(2.0))
    views.add_other(frame(2.1))
    assert views.add(frame(2.1)) and newest(views) == (2.1, 2.1)


@pytest.mark.parametrize("jump", [1.2, 2.0])
def test_nothing_of_before_is_shown_with_what_came_after_the_clock_was_set_back(jump):
    # What is remembered reaches back behind the new time, so that there are pictures of equal stamps, of before.
    views = PairedViews("second", ObservationHistory(2, 0.2, 0.1), tolerance=0.05, max_age=5.0)
    for tick in range(50):
        views.add_other(frame(0.05 * tick))
        views.add(frame(0.05 * tick))
    back = 2.5 - jump
    assert not views.add(frame(back))
    assert not views.add_other(frame(2.5))  # was still on its way
    assert not views.add(frame(back + 0.05)) and not views.add_other(frame(back + 0.05))
    with pytest.raises(InputError, match="no frame has arrived yet"):
        views.window()
    views.add_other(frame(back + 0.1))
    assert views.add(frame(back + 0.1)) and newest(views) == pytest.approx((back + 0.1,) * 2)


def test_a_second_camera_whose_clock_was_set_back_first_keeps_what_it_has_shown_since(views):
    for stamp in (9.0, 9.1):
        views.add(frame(stamp))
        views.add_other(frame(stamp))
    views.add_other(frame(2.0))
    assert not views.add(frame(9.2))  # was still on its way
    assert not views.add(frame(1.99)) or newest(views) == (1.99, 2.0)
    views.add_other(frame(2.1))
    assert newest(views) == (1.99, 2.0)


@pytest.mark.parametrize("name", ["add", "add_other"])
def test_nothing_piles_up_while_only_one_camera_comes(views, name):
    alive = []
    for tick in range(500):
        picture = frame(10.0 + 0.01 * tick)
        alive.append(weakref.ref(picture))
        getattr(views, name)(picture)
    assert sum(one() is not None for one in alive) == 51  # of 0.5 s, both ends included


def test_nothing_piles_up_while_both_come(views):
    alive = []
    for tick in range(500):
        for add in (views.add, views.add_other):
            picture = frame(10.0 + 0.01 * tick)
            alive.append(weakref.ref(picture))
            add(picture)
    assert sum(one() is not None for one in alive) <= 52  # the second one's of 0.5 s; of the first one's, moments are made
