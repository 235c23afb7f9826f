"""A dataset that grows by one episode after another, and goes on where it was stopped."""

import numpy as np
import pytest

from wm_core.config import ConfigError
from wm_core.training.dataset import open_dataset
from wm_core.training.hdf5_shard import Episode
from wm_core.training.manifest import DatasetError, read_manifest
from wm_core.training.recording import Recording, recording_manifest

STEPS = 8


def manifest(**others):
    settings = {"robot": "arm", "episodes": 7, "steps": STEPS, "step": 0.2, "image_size": 16, "max_step": 0.04}
    return recording_manifest(**(settings | others))


def episode(number):
    """Told apart by the position of its first joint."""
    zeros = lambda *shape: np.zeros(shape, np.float32)
    joints = zeros(STEPS + 1, 6)
    joints[:, 0] = number
    return Episode(
        images=np.full((STEPS + 1, 3, 16, 16), number, np.uint8), joints=joints, gripper=zeros(STEPS + 1),
        tool=zeros(STEPS + 1, 3), object=zeros(STEPS + 1, 3), actions=zeros(STEPS, 3), carried=zeros(STEPS, 3), touch=zeros(STEPS),
    )  # fmt: skip


def record(folder, numbers, **others):
    recording = Recording(folder, manifest(**others))
    for number in numbers:
        recording.add(episode(number))
    recording.close()
    return recording


def test_what_was_recorded_is_a_dataset(tmp_path):
    assert record(tmp_path / "set", range(7)).episodes == 7
    dataset = open_dataset(tmp_path / "set")
    assert dataset.joints[:, 0, 0].tolist() == list(range(7))
    assert dataset.images(6).shape == (STEPS + 1, 3, 16, 16) and dataset.images(6)[0, 0, 0, 0] == 6
    assert (dataset.manifest.max_step, dataset.manifest.task, dataset.manifest.counts.episodes) == (0.04, "arm", 7)


def test_it_goes_on_where_it_was_stopped_and_may_grow(tmp_path):
    record(tmp_path / "set", range(3))
    assert record(tmp_path / "set", range(3, 9), episodes=20).episodes == 9
    assert open_dataset(tmp_path / "set").joints[:, 0, 0].tolist() == list(range(9))
    assert read_manifest(tmp_path / "set").episodes == 20


def test_no_shard_is_written_over_where_one_in_between_was_removed(tmp_path):
    record(tmp_path / "set", range(15), episodes=15)
    (tmp_path / "set" / "shard_00001.h5").unlink()  # as the message about a damaged one says
    record(tmp_path / "set", range(20, 25), episodes=15)
    assert open_dataset(tmp_path / "set").joints[:, 0, 0].tolist() == [*range(5), *range(10, 15), *range(20, 25)]


def test_full_shards_are_on_disk_before_it_is_closed(tmp_path):
    recording = Recording(tmp_path / "set", manifest())
    for number in range(7):
        recording.add(episode(number))
    # Killed here: five were in a full shard.
    assert len(open_dataset(tmp_path / "set")) == 5
    assert Recording(tmp_path / "set", manifest()).episodes == 5


def test_episodes_that_broke_off_are_counted(tmp_path):
    recording = Recording(tmp_path / "set", manifest())
    recording.drop()
    recording.add(episode(0))
    recording.drop()
    recording.close()
    again = Recording(tmp_path / "set", manifest())
    again.drop()
    again.add(episode(1))
    again.close()
    assert read_manifest(tmp_path / "set").counts.dropped == 3


def test_ctrl_c_between_a_shard_and_the_manifest_leaves_both_right(tmp_path, monkeypatch):
    recording = Recording(tmp_path / "set", manifest())

    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(recording, "_tell", interrupted)
        for number in range(5):
            recording.add(episode(number))
    recording.close()
    assert open_dataset(tmp_path / "set").joints[:, 0, 0].tolist() == list(range(5))
    assert read_manifest(tmp_path / "set").counts.episodes == 5


def test_episodes_that_broke_off_are_counted_where_none_came_after_them(tmp_path):
    for _ in range(2):
        recording = Recording(tmp_path / "set", manifest())
        recording.drop()
        recording.close()
    assert read_manifest(tmp_path / "set").counts.dropped == 2


@pytest.mark.parametrize(("other", "told"), [({"step": 0.1}, "step is 0.2 there, 0.1 here"), ({"robot": "leg"}, "task is 'arm' there, 'leg' here")])
def test_a_recording_of_another_kind_is_not_gone_on_with(tmp_path, other, told):
    record(tmp_path / "set", range(2))
    with pytest.raises(DatasetError, match=told):
        Recording(tmp_path / "set", manifest(**other))
    assert len(open_dataset(tmp_path / "set")) == 2


def test_pictures_of_an_unusable_size_are_refused():
    with pytest.raises(ConfigError, match="image_size"):
        manifest(image_size=50)
