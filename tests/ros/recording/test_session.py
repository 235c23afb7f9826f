"""What is heard becomes episodes on disk, and what is wrong is said once."""

import numpy as np
import pytest

from wm_core.training.recording import Recording, recording_manifest
from wm_core.types import JointState, Observation, Pose
from wm_ros.recording.cutter import Cut, EpisodeCutter
from wm_ros.recording.session import RecordingError, Session


class Still:
    """An arm whose tool never moves."""

    def forward(self, joints):
        return Pose(np.zeros(3))


class Heard:
    def __init__(self):
        self.seen, self.silent = [], ""

    def take(self):
        found, self.seen = self.seen, []
        return found

    def problem(self):
        return self.silent


class Mover:
    problem, closed = "", False

    def close(self):
        self.closed = True


def frames(first, last):
    """Ten a second, from tick to tick."""
    look = lambda stamp: Observation(np.zeros((16, 16, 3), np.uint8), JointState(np.zeros(2), np.zeros(2), stamp), stamp)
    return [look(0.1 * tick) for tick in range(first, last)]


@pytest.fixture
def parts(tmp_path):
    recording = Recording(tmp_path / "set", recording_manifest("arm", 4, 8, 0.2, 16, 0.05))
    heard, mover = Heard(), Mover()
    cutter = EpisodeCutter(Still(), Cut(8, 0.2, 0.1, 0.05, 16))
    return Session(recording, heard, cutter, mover), recording, heard, mover


def test_episodes_are_kept_and_those_that_broke_off_are_told(parts):
    session, recording, heard, _ = parts
    heard.seen = frames(0, 17)  # 8 actions take 1.6 s
    assert list(session.look()) == [] and recording.episodes == 1
    heard.seen = frames(17, 25) + frames(35, 36)
    (said,) = session.look()
    assert said.startswith("an episode broke off: no picture within") and recording.episodes == 1


def test_what_is_waited_for_is_told_once(parts):
    session, _, heard, _ = parts
    heard.silent = "nothing comes on camera/image_raw"
    assert list(session.look()) == ["waiting: nothing comes on camera/image_raw"]
    assert list(session.look()) == []
    heard.silent = ""
    assert list(session.look()) == []
    heard.silent = "nothing comes on camera/image_raw"
    assert len(list(session.look())) == 1


def test_a_second_ctrl_c_while_the_arm_comes_to_rest_loses_no_episode(parts, tmp_path, monkeypatch):
    session, _, heard, mover = parts

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(mover, "close", interrupted)
    heard.seen = frames(0, 17)
    assert list(session.look()) == []
    with pytest.raises(KeyboardInterrupt):
        session.close()
    assert len(list((tmp_path / "set").glob("shard_*.h5"))) == 1


def test_a_drive_that_gave_up_ends_it_and_what_is_whole_is_kept(parts, tmp_path):
    session, _, heard, mover = parts
    heard.seen, mover.problem = frames(0, 17), "the planner refused 5 goals in a row"
    with pytest.raises(RecordingError, match="refused 5 goals"):
        list(session.look())
    session.close()
    assert mover.closed and len(list((tmp_path / "set").glob("shard_*.h5"))) == 1
