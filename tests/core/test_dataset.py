"""Episodes come back from disk as they went in, and pictures are read when they are wanted and not before."""

import tracemalloc
from dataclasses import replace

import h5py
import numpy as np
import pytest

from wm_core.training.dataset import open_dataset, open_datasets
from wm_core.training.hdf5_shard import FIELDS, Episode, shard_path, write_shard
from wm_core.training.manifest import DatasetError, Manifest, begin_manifest, read_manifest, write_manifest

STEPS, SIZE = 20, 32


def manifest(**changes) -> Manifest:
    values = dict(environment="toy", task="push", episodes=6, steps=STEPS, image_size=SIZE, episodes_per_shard=3, gripper=True)
    return Manifest(**(values | changes))


def random_episode(seed: int, gripper: bool = True) -> Episode:
    """Noise everywhere: no two numbers of it are alike."""
    random = np.random.default_rng(seed)
    draw = lambda *shape: random.normal(size=shape).astype(np.float32)
    return Episode(
        images=random.integers(0, 256, (STEPS + 1, 3, SIZE, SIZE), dtype=np.uint8),
        joints=draw(STEPS + 1, 7),
        gripper=draw(STEPS + 1),
        tool=draw(STEPS + 1, 3),
        object=draw(STEPS + 1, 3),
        actions=draw(STEPS, 4 if gripper else 3),
        carried=draw(STEPS, 3),
        touch=random.random(STEPS).astype(np.float32),
    )


def write(folder, episodes, per_shard=3, **changes):
    folder.mkdir(exist_ok=True)
    write_manifest(folder, manifest(**changes))
    for number, first in enumerate(range(0, len(episodes), per_shard)):
        part = episodes[first : first + per_shard]
        write_shard(shard_path(folder, number), part, list(range(first, first + len(part))))
    return folder


def test_episodes_come_back_as_they_went_in(tmp_path):
    episodes = [random_episode(seed) for seed in range(5)]
    dataset = open_dataset(write(tmp_path, episodes))
    assert len(dataset) == 5 and dataset.steps == STEPS and dataset.manifest == manifest()
    for number, episode in enumerate(episodes):
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(dataset.episode(number), name), getattr(episode, name), err_msg=name)
    np.testing.assert_array_equal(dataset.images(4, 3, 10), episodes[4].images[3:10])


def test_pictures_are_not_held_in_memory(tmp_path):
    # 24 episodes of 21 frames of 3 kB: 1.5 MB of pictures; the numbers of an episode are
    # 21 * (7 + 1 + 3 + 3) + 20 * (4 + 3 + 1) = 454 floats, 44 kB in all, held twice while shards are joined.
    write(tmp_path, [random_episode(seed) for seed in range(24)], per_shard=8)
    pictures = 24 * (STEPS + 1) * 3 * SIZE * SIZE
    tracemalloc.start()
    try:
        dataset = open_dataset(tmp_path)
        for number in range(len(dataset)):
            dataset.images(number, 0, 4)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < pictures / 4


def test_the_last_episodes_of_every_folder_are_held_out(tmp_path):
    # A tenth of 10 and of 4 episodes: 1 and, rounded, 0, but at least 1.
    one = write(tmp_path / "one", [random_episode(seed) for seed in range(10)])
    two = write(tmp_path / "two", [random_episode(seed) for seed in range(10, 14)])
    dataset = open_datasets([one, two])
    seen, held_out = dataset.split(0.1)
    assert (len(dataset), len(seen), len(held_out)) == (14, 12, 2)
    for part, number, seed in ((seen, 8, 8), (seen, 9, 10), (held_out, 0, 9), (held_out, 1, 13)):
        expected = random_episode(seed)
        np.testing.assert_array_equal(part.images(number), expected.images)
        np.testing.assert_array_equal(part.touch[number], expected.touch)


def test_a_split_that_leaves_nothing_is_refused(tmp_path):
    dataset = open_dataset(write(tmp_path, [random_episode(0)]))
    with pytest.raises(DatasetError, match="one episode"):
        dataset.split(0.1)


def test_the_opening_counts_as_a_joint_where_there_is_a_gripper(tmp_path):
    still = replace(random_episode(0), joints=np.full((STEPS + 1, 7), 0.5, np.float32), gripper=np.zeros(STEPS + 1, np.float32))
    open_wide = replace(still, gripper=np.full(STEPS + 1, 0.08, np.float32))
    mean, std = open_dataset(write(tmp_path / "with", [still, open_wide])).joint_statistics()
    # Half of the time 0, half of the time 8 cm: 4 cm on either side of the mean.
    np.testing.assert_allclose(mean, [0.5] * 7 + [0.04], rtol=1e-6)
    np.testing.assert_allclose(std, [0.0] * 7 + [0.04], rtol=1e-6)
    without = write(tmp_path / "without", [random_episode(0, gripper=False)], gripper=False)
    assert open_dataset(without).joint_statistics()[0].shape == (7,)


def test_folders_that_do_not_fit_together_are_told_apart(tmp_path):
    one = write(tmp_path / "one", [random_episode(0)])
    two = write(tmp_path / "two", [random_episode(1)], step=0.1)
    with pytest.raises(DatasetError, match="two do not fit together: step is 0.2 and 0.1"):
        open_datasets([one, two])


def rewrite(path, name, change):
    """Another program's idea of a field; None leaves it out."""
    with h5py.File(path, "a") as file:
        values = file[name][:]
        del file[name]
        changed = change(values)
        if changed is not None:
            file.create_dataset(name, data=changed)


def spoiled(values):
    values[1, 4] = np.nan
    return values


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("joints", spoiled, r"joints holds NaN or infinity in 1 episode\(s\), first in row 1"),
        ("carried", lambda values: np.full_like(values, np.inf), r"carried holds NaN or infinity in 3 episode\(s\), first in row 0"),
        ("joints", lambda values: values.astype(np.float64), "joints is float64, expected float32"),
        ("images", lambda values: values.astype(np.float32), "images is float32, expected uint8"),
        ("images", lambda values: values[..., :16, :16], r"images is \(3, 21, 3, 16, 16\), expected \(N, T \+ 1, 3 V, h, w\) = \(3, 21, 3, 32, 32\)"),
        ("images", lambda values: values.transpose(0, 1, 3, 4, 2), r"images is \(3, 21, 32, 32, 3\)"),
        ("images", lambda values: values[:2], r"images is \(2, 21, 3, 32, 32\)"),
        ("images", lambda values: None, "field 'images' is missing"),
        ("actions", lambda values: values[..., :3], r"actions is \(3, 20, 3\), expected \(N, T, A\) = \(3, 20, 4\)"),
        ("touch", lambda values: values[:, :-1], r"touch is \(3, 19\), expected \(N, T\) = \(3, 20\)"),
        ("joints", lambda values: values[0], r"joints is \(21, 7\), expected \(N, T \+ 1, J\)"),
        ("joints", lambda values: values[:0], r"joints is \(0, 21, 7\)"),
    ],
)
def test_a_shard_that_is_not_as_the_manifest_says_is_named(name, change, says, tmp_path):
    write(tmp_path, [random_episode(seed) for seed in range(6)])
    rewrite(shard_path(tmp_path, 1), name, change)
    with pytest.raises(DatasetError, match=f"shard_00001.h5: {says}"):
        open_dataset(tmp_path)


def test_shards_of_two_arms_are_told_apart(tmp_path):
    write(tmp_path, [random_episode(seed) for seed in range(6)])
    rewrite(shard_path(tmp_path, 1), "joints", lambda values: values[..., :6])
    with pytest.raises(DatasetError, match="shard_00001.h5 do not fit together: joints are 7 and 6"):
        open_dataset(tmp_path)


def test_what_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(DatasetError, match="cannot read manifest.json"):
        open_dataset(tmp_path)
    write_manifest(tmp_path, manifest())
    with pytest.raises(DatasetError, match="no shards yet"):
        open_dataset(tmp_path)
    shard_path(tmp_path, 0).write_bytes(b"not a shard")
    with pytest.raises(DatasetError, match="shard_00000.h5 is damaged .*; remove it and collect again"):
        open_dataset(tmp_path)


def test_damage_among_the_pictures_is_named_when_they_are_read(tmp_path):
    write(tmp_path, [random_episode(0)])
    path = shard_path(tmp_path, 0)
    content = bytearray(path.read_bytes())
    # Pictures of noise are by far most of the file: its middle is some of them.
    content[len(content) // 2 - 200 : len(content) // 2 + 200] = bytes(400)
    path.write_bytes(content)
    dataset = open_dataset(tmp_path)
    with pytest.raises(DatasetError, match="shard_00000.h5 is damaged"):
        dataset.images(0)


def test_a_manifest_of_another_format_is_told_apart(tmp_path):
    (tmp_path / "manifest.json").write_text('{"version": 1, "environment": "toy"}')
    with pytest.raises(DatasetError, match="format 1, expected 2"):
        read_manifest(tmp_path)


def test_another_collection_is_not_mixed_in(tmp_path):
    begin_manifest(tmp_path, manifest())
    with pytest.raises(DatasetError, match="seed is 0 there, 1 here"):
        begin_manifest(tmp_path, manifest(seed=1))


def test_every_version_that_wrote_is_on_file(tmp_path):
    begin_manifest(tmp_path, manifest(packages={"numpy": ("1.0",)}))
    again = begin_manifest(tmp_path, manifest(packages={"numpy": ("2.0",)}))
    assert again.packages == {"numpy": ("1.0", "2.0")}
    write_manifest(tmp_path, again)
    assert begin_manifest(tmp_path, manifest(packages={"numpy": ("2.0",)})).packages == {"numpy": ("1.0", "2.0")}
