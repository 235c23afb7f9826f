"""`wm_record`, as far as it comes without a camera."""

import numpy as np
import pytest
from typer.testing import CliRunner

from wm_core.training.hdf5_shard import Episode
from wm_core.training.recording import Recording, recording_manifest
from wm_ros.client import PlannerTimeout
from wm_ros.recording import command

STEPS = 8


@pytest.fixture
def three(tmp_path):
    """A folder with three episodes."""
    recording = Recording(tmp_path / "set", recording_manifest("panda", 3, STEPS, 0.2, 64, 0.05))
    zeros = lambda *shape: np.zeros(shape, np.float32)
    for _ in range(3):
        recording.add(
            Episode(
                images=np.zeros((STEPS + 1, 3, 64, 64), np.uint8), joints=zeros(STEPS + 1, 7), gripper=zeros(STEPS + 1),
                tool=zeros(STEPS + 1, 3), object=zeros(STEPS + 1, 3), actions=zeros(STEPS, 3), carried=zeros(STEPS, 3), touch=zeros(STEPS),
            )
        )  # fmt: skip
    recording.close()
    return tmp_path / "set"


def wm_record(folder, *options):
    return CliRunner().invoke(command.app, ["--out", str(folder), "--steps", str(STEPS), *options])


@pytest.mark.parametrize("episodes", ["2", "3"])
def test_where_all_episodes_are_there_no_arm_is_moved(three, episodes, monkeypatch):
    def made(*_, **__):
        raise AssertionError("talks to a planner")

    monkeypatch.setattr("wm_ros.client.PlannerClient", made)
    done = wm_record(three, "--episodes", episodes, "--drive")
    assert done.exit_code == 0 and "3 episodes of 8 actions in" in done.output.replace("\n", " "), done.exception


@pytest.mark.parametrize("option, value", [("--namespace", "arm 1"), ("--camera-topic", "my camera"), ("--joint-states-topic", "states/")])
def test_a_name_that_ros_does_not_take_is_named_before_anything_is_made(tmp_path, option, value):
    done = wm_record(tmp_path / "set", option, value)
    assert type(done.exception) is ValueError and value in str(done.exception)  # which `run` tells in one line
    assert not (tmp_path / "set").exists()


def test_without_a_planner_it_is_said_what_is_to_be_started():
    class Alone:
        def wait_until_active(self, timeout):
            raise PlannerTimeout("it is not there")

    with pytest.raises(PlannerTimeout, match="it is not there; --drive goes through planner and guard: start them first"):
        command._drive(Alone(), None, None, None, 0, 0)
