"""Batches depend on (seed, step) alone, every part of a window is of the same moments, and touch has its share."""

import numpy as np
import pytest
import torch

from wm_core.training.dataset import open_dataset
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest
from wm_core.training.sampler import WindowSampler

CPU = torch.device("cpu")
EPISODES, STEPS, LENGTH = 10, 20, 5


def numbered_episode(number: int, touched: tuple[int, ...] = ()) -> Episode:
    """Every value tells its episode and its moment: 100 * episode + moment; pixels 21 * episode + moment."""
    moments = 100.0 * number + np.arange(STEPS + 1, dtype=np.float32)
    column = lambda count, width: np.repeat(moments[:count, None], width, axis=1)
    pixels = (21 * number + np.arange(STEPS + 1)).astype(np.uint8)
    return Episode(
        images=np.broadcast_to(pixels[:, None, None, None], (STEPS + 1, 3, 16, 16)).copy(),
        joints=column(STEPS + 1, 7),
        gripper=moments,
        tool=column(STEPS + 1, 3),
        object=column(STEPS + 1, 3),
        actions=column(STEPS, 4),
        carried=column(STEPS, 3),
        touch=np.isin(np.arange(STEPS), touched).astype(np.float32),
    )


def dataset(folder, touched: dict[int, tuple[int, ...]]):
    size = dict(episodes=EPISODES, steps=STEPS, image_size=16, gripper=True)
    write_manifest(folder, Manifest(**size))
    write_shard(shard_path(folder, 0), [numbered_episode(row, touched.get(row, ())) for row in range(EPISODES)], list(range(10)))
    return open_dataset(folder)


@pytest.fixture(scope="module")
def rarely_touched(tmp_path_factory):
    """Only action 10 of episode 3 was felt."""
    return dataset(tmp_path_factory.mktemp("touched"), {3: (10,)})


def test_all_parts_of_a_window_are_of_the_same_moments(rarely_touched):
    windows = WindowSampler(rarely_touched, LENGTH, CPU).batch(32, seed=1, step=2)
    moments = windows.gripper
    episode, moment = moments.div(100, rounding_mode="floor"), moments.remainder(100)
    torch.testing.assert_close(moment, moment[:, :1] + torch.arange(5.0).expand(32, 5))
    torch.testing.assert_close(windows.images[:, :, 0, 0, 0].float(), 21 * episode + moment)
    for part in (windows.joints, windows.tool, windows.object):
        torch.testing.assert_close(part, moments[..., None].expand_as(part))
    for part in (windows.actions, windows.carried):  # an action stands with the moment before it
        torch.testing.assert_close(part, moments[:, :-1, None].expand_as(part))
    felt = (episode[:, :-1] == 3) & (moment[:, :-1] == 10)
    torch.testing.assert_close(windows.touch, felt.float())


def test_a_batch_depends_on_seed_and_step_alone(rarely_touched):
    sampler = WindowSampler(rarely_touched, LENGTH, CPU)
    first = sampler.batch(16, seed=5, step=7).gripper
    sampler.batch(16, seed=5, step=8)
    torch.testing.assert_close(sampler.batch(16, seed=5, step=7).gripper, first, rtol=0, atol=0)
    for seed, step in ((5, 8), (6, 7)):
        assert not torch.equal(sampler.batch(16, seed=seed, step=step).gripper, first)


@pytest.mark.parametrize("readers", [0, 2])
def test_batches_that_are_read_ahead_are_the_same(rarely_touched, readers):
    sampler = WindowSampler(rarely_touched, LENGTH, CPU)
    sampler.batch(8, seed=1, step=0)  # this process has the shard open before the readers start
    steps = range(40, 46)  # of a run that goes on at step 40
    read = list(sampler.batches(8, 1, steps, readers))
    assert len(read) == 6
    for windows, step in zip(read, steps):
        expected = sampler.batch(8, seed=1, step=step)
        for name, values in vars(expected).items():
            torch.testing.assert_close(getattr(windows, name), values, rtol=0, atol=0, msg=name)


def test_touch_has_its_share(rarely_touched):
    # A window of 5 moments has 4 actions: those that start at 7, 8, 9 and 10 hold action 10, 4 of 10 * 17 windows.
    # Drawn evenly, 4 / 170 of 1000 are 24 on average; 5 standard deviations (sqrt(24)) more are 48.
    touched = lambda windows: int((windows.touch > 0).any(1).sum())
    evenly = touched(WindowSampler(rarely_touched, LENGTH, CPU, contact_share=0.0).batch(1000, 0, 0))
    assert 0 < evenly < 48
    half = WindowSampler(rarely_touched, LENGTH, CPU).batch(1000, 0, 0)
    assert 500 < touched(half) < 548
    starts = half.gripper[(half.touch > 0).any(1), 0]
    assert set(starts.tolist()) == {307.0, 308.0, 309.0, 310.0}


def test_without_touch_all_windows_are_alike(tmp_path):
    # 17 starts, uniform: 1000 draws find each of them 59 times on average.
    windows = WindowSampler(dataset(tmp_path, {}), LENGTH, CPU).batch(1000, 0, 0)
    starts = windows.gripper[:, 0].remainder(100).long()
    assert starts.bincount().min() > 25 and len(starts.bincount()) == 17


def test_episodes_that_are_too_short_are_refused(rarely_touched):
    with pytest.raises(ValueError, match="21 moments, expected at least 22"):
        WindowSampler(rarely_touched, STEPS + 2, CPU)


def test_twins_are_two_windows_of_one_episode(rarely_touched):
    batch = WindowSampler(rarely_touched, LENGTH, CPU, twins=True).batch(16, 0, 3)
    episode, moment = (batch.tool[:, 0, 0] // 100).int(), (batch.tool[:, 0, 0] % 100).int()
    assert torch.equal(episode[0::2], episode[1::2])
    assert (moment[0::2] != moment[1::2]).any()
    # What was carried before moment m of episode e: m numbers 100 e + 0, 1, ... m - 1.
    expected = moment * 100.0 * episode + moment * (moment - 1) / 2.0
    torch.testing.assert_close(batch.carried_before[:, 0].double(), expected.double())
