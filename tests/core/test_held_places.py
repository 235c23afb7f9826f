"""A hand that holds the part knows where it is, and where it was before and after."""

import numpy as np
import pytest

from wm_core.training.dataset import open_dataset
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.held_places import held_places
from wm_core.training.manifest import Manifest, write_manifest

STEPS = 8


def episode(close_at: int, opening: float, touched: bool = True) -> Episode:
    """The tool goes 1 cm a step along x. The fingers close at `close_at` down to `opening` m; the part comes along from then on."""
    tool = np.zeros((STEPS + 1, 3), np.float32)
    tool[:, 0] = 0.01 * np.arange(STEPS + 1)
    gripper = np.full(STEPS + 1, 0.08, np.float32)
    gripper[close_at + 1 :] = opening
    actions = np.zeros((STEPS, 4), np.float32)
    actions[close_at, 3] = -1.0
    touch = np.zeros(STEPS, np.float32)
    carried = np.zeros((STEPS, 3), np.float32)
    if touched:
        touch[close_at + 1 :] = 1.0
        carried[close_at + 1 :, 0] = 0.01
    return Episode(
        images=np.zeros((STEPS + 1, 3, 16, 16), np.uint8), joints=np.zeros((STEPS + 1, 7), np.float32), gripper=gripper,
        tool=tool, object=np.zeros((STEPS + 1, 3), np.float32), actions=actions, carried=carried, touch=touch,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Held from moment 5 on; closed on nothing; closed at the end; held, and the hand does not feel it."""
    folder = tmp_path_factory.mktemp("held")
    write_manifest(folder, Manifest(episodes=4, steps=STEPS, image_size=16, gripper=True))
    episodes = [episode(3, 0.046), episode(3, 0.0), episode(7, 0.046), episode(3, 0.046, touched=False)]
    write_shard(shard_path(folder, 0), episodes, list(range(4)))
    dataset = open_dataset(folder)
    dataset.object[:] = np.nan  # the truth: whoever looks at it gives NaN back
    return held_places(dataset)


def test_the_place_of_a_held_part_is_the_hands(told):
    # Action 3 closes, the fingers stand still from moment 4 on, touch is felt during actions 4 to 7: held at 5, 6, 7, 8.
    np.testing.assert_allclose(told.place[0, 5:, 0], [0.05, 0.06, 0.07, 0.08], atol=1e-6)
    np.testing.assert_allclose(told.certainty[0, 5:], 1.0)


def test_what_was_felt_leads_back_to_where_it_lay(told):
    # Carried 1 cm during action 4 alone before moment 5: it lay at 4 cm all the time, one touch away.
    np.testing.assert_allclose(told.place[0, :5, 0], 0.04, atol=1e-6)
    np.testing.assert_allclose(told.certainty[0, :5], 0.5)


@pytest.mark.parametrize("number", [1, 2, 3], ids=["closed on nothing", "closed too late", "felt nothing"])
def test_nothing_is_known_where_nothing_was_held(told, number):
    np.testing.assert_array_equal(told.certainty[number], 0.0)
