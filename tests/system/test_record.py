"""`wm_record` beside a running stack: it moves the arm, and what it writes is what the arm did."""

import os
import signal
import subprocess
import sys

import launch_pytest
import numpy as np
import pytest

from wm_core.training.dataset import open_dataset

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]

STEPS = 10


@launch_pytest.fixture(scope="module")
def stack(launch_stack):
    return launch_stack(sim="true", model="none")


def record(folder, episodes, *options):
    command = [sys.executable, "-c", "from wm_ros.recording.command import main; main()"]
    command += ["--out", str(folder), "--episodes", str(episodes), "--steps", str(STEPS), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "COLUMNS": "500"})


@pytest.mark.launch(fixture=stack)
def test_an_arm_that_is_driven_is_recorded(stack, driver, observer, arm, robot, tmp_path):
    driver.ready()
    running = record(tmp_path / "set", 3, "--drive")
    said, _ = running.communicate(timeout=60.0)
    assert running.returncode == 0, said
    assert f"3 episodes of {STEPS} actions in" in said and "moves 'panda' all over" in said
    dataset = open_dataset(tmp_path / "set")
    assert dataset.joints.shape == (3, STEPS + 1, 7) and dataset.actions.shape == (3, STEPS, 3)
    # Truth of its own: where the joints put the tool. Stored as float32, 1e-6 rad and less than 1e-6 m.
    places = np.array([[arm.forward(joints).position for joints in episode] for episode in dataset.joints])
    assert dataset.tool == pytest.approx(places, abs=1e-5)
    ways = np.linalg.norm(dataset.actions, axis=-1)
    # Somewhere in 6 s it goes at full speed, 0.05 m a step, and nowhere faster than the cutter lets through, 1.5 times
    # that, over the longest time between two pictures, 1.5 steps.
    assert 0.03 < ways.max() <= 1.5 * 1.5 * 0.05
    moved = np.array([(dataset.images(0)[step] != dataset.images(0)[step + 1]).any() for step in range(STEPS)])
    assert moved[ways[0] > 0.01].all()
    observer.wait_for(lambda: observer.speed() < 0.01, 5.0, "rest after the recording")
    assert observer.outside == []


@pytest.mark.launch(fixture=stack)
def test_ctrl_c_brings_the_arm_to_rest_and_keeps_what_is_whole(stack, driver, observer, tmp_path):
    driver.ready()
    folder = tmp_path / "set"
    running = record(folder, 1000, "--drive")
    # Two seconds are an episode, and a shard has five: what is there before it is closed is one of them.
    observer.wait_for(lambda: (folder / "shard_00000.h5").exists() and observer.speed() > 0.1, 60.0, "a first shard, and motion")
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=20.0)
    assert running.returncode == 130, said
    assert "what was done is kept" in said
    observer.wait_for(lambda: observer.speed() < 0.01, 3.0, "rest after Ctrl-C")
    assert len(open_dataset(folder)) >= 5


@pytest.mark.launch(fixture=stack)
def test_a_camera_that_is_not_there_is_named(stack, driver, tmp_path):
    driver.ready()
    running = record(tmp_path / "set", 1, "--camera-topic", "nowhere/image_raw")
    line = next(line for line in running.stdout if "waiting" in line)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20.0)
    assert "wm_record: waiting: nothing comes on nowhere/image_raw" in line and running.returncode == 130
