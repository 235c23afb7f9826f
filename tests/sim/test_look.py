"""Looks: none at strength 0, as many as there are seeds above it; one camera or two."""

import numpy as np
import pytest

from sim.look import Look, Stain, random_look
from sim.part import WORK_PIECE, Part, random_part
from sim.texture import stained


def test_strength_0_is_the_plain_look_for_every_seed():
    for seed in range(20):
        random = np.random.default_rng(seed)
        assert random_part(random, 0.0, WORK_PIECE) == WORK_PIECE
        assert random_look(random, 0.0) == Look()


@pytest.mark.parametrize("task", ["reach", "push"])
def test_looks_differ_from_seed_to_seed_and_not_within_one(tabletop, task):
    plain, varied = tabletop(task=task), tabletop(task=task, look=1.0)
    first = varied.reset(1)
    difference = np.abs(first.image.astype(int) - plain.reset(1).image.astype(int))
    assert difference.mean() > 3.0  # of 255; light alone changes every pixel
    np.testing.assert_array_equal(first.image, varied.observe().image)
    # The arm and the part are where they are without a look.
    np.testing.assert_array_equal(plain.tool_position(), varied.tool_position())
    np.testing.assert_array_equal(plain.object_position()[:2], varied.object_position()[:2])


def test_the_goals_picture_has_the_look_of_its_scene(tabletop):
    table = tabletop(task="push", look=1.0)
    seen, goal = table.reset(2).image, table.stages(2)[0].goal.image
    other = table.reset(3).image
    # Most of the picture is bare table, which is lit and seen in exactly the same way.
    assert np.all(seen == goal, axis=-1).mean() > 0.5
    assert np.all(seen == other, axis=-1).mean() < 0.1


def test_parts_stay_within_the_spread_that_was_asked_for():
    parts = [random_part(np.random.default_rng(seed), 0.5, WORK_PIECE) for seed in range(50)]
    sizes = np.array([part.size for part in parts]) / WORK_PIECE.size
    assert 0.94 <= sizes.min() < 0.96 and 1.04 < sizes.max() <= 1.06  # half of 12 %
    assert len({part.colour for part in parts}) == 50
    assert all(part.damping == WORK_PIECE.damping for part in parts)


def test_the_scenery_of_reach_is_the_cube_that_its_model_was_trained_on():
    assert Part() == Part(size=0.05, mass=0.1, friction=1.0, spin_friction=0.0, damping=0.04, inertia=3.0)


def test_a_second_camera_sees_the_same_scene_from_elsewhere(tabletop):
    one, two = tabletop(task="push"), tabletop(task="push", views=2)
    alone, seen = one.reset(3), two.reset(3)
    assert alone.other_views == () and len(seen.other_views) == 1
    np.testing.assert_array_equal(alone.image, seen.image)
    assert seen.other_views[0].shape == seen.image.shape
    assert np.abs(seen.other_views[0].astype(int) - seen.image).mean() > 10.0
    (stage,) = two.stages(3)
    assert len(stage.goal.other_views) == 1
    # The picture that is not of the goal's first camera shows the part moved, too.
    assert (stage.goal.other_views[0] != seen.other_views[0]).any()


def test_tables_are_stained_and_come_clean_again(tabletop):
    patterns = {random_look(np.random.default_rng(seed), 0.5).stain for seed in range(40)}
    assert len(patterns) > 20  # of 64 patterns; 40 draws meet about 30 of them
    share = np.abs(stained(Stain(3, 1.0)).astype(int) - stained(Stain(3, 0.0))).mean(axis=-1)
    assert share.mean() > 10.0 and share.std() > 5.0  # of 255, and not the same everywhere: a pattern, not a tint
    table = tabletop(task="push")
    plain, bench = table.reset(1).image, table._bench
    bench.load(bench.scene.part, Look(stain=Stain(3, 1.0)))
    assert np.abs(table.observe().image.astype(int) - plain).mean() > 5.0
    bench.load(bench.scene.part, Look())
    np.testing.assert_array_equal(table.observe().image, plain)
