"""Several processes train one model as one would: batches shared, gradients averaged, one of them writes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import wm_core.training.crew as crew_module
from wm_core.training.crew import Crew
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.manifest import Manifest, write_manifest

DEADLINE = 100.0  # s, for two processes that train for a few steps


def test_gradients_and_statistics_are_averaged(monkeypatch):
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1, affine=False), nn.Linear(1, 1))
    model[0].weight.grad = torch.tensor([[1.0]])  # the last layer has no gradient: a probe that is fitted later
    model[1].running_mean.fill_(4.0)
    # What the other process brings: a gradient of 3, a mean of 2, a variance of 5.
    monkeypatch.setattr(crew_module.dist, "all_reduce", lambda flat: flat.add_(torch.tensor([3.0, 2.0, 5.0])))
    Crew(0, 2).average(model)
    assert float(model[0].weight.grad) == 2.0  # (1 + 3) / 2
    assert float(model[1].running_mean) == 3.0  # (4 + 2) / 2
    assert float(model[1].running_var) == 3.0  # (1 + 5) / 2
    assert model[2].weight.grad is None


def test_a_crew_of_one_leaves_everything_alone():
    model = nn.Linear(1, 1)
    model.weight.grad = torch.ones(1, 1)
    Crew().average(model)
    Crew().wait()
    assert float(model.weight.grad) == 1.0 and Crew().share(64) == 64


def test_a_batch_is_shared_evenly_or_not_at_all():
    assert Crew(1, 4).share(64) == 16
    for batch in (63, 4):  # no equal parts; one window alone cannot be normalised
        with pytest.raises(ValueError, match="cannot be shared evenly by 4 processes"):
            Crew(1, 4).share(batch)
    assert Crew(1, 4).share(8, pairs=True) == 2
    with pytest.raises(ValueError, match="12 cannot be shared evenly by 4 processes, in pairs"):
        Crew(1, 4).share(12, pairs=True)


def noise(folder: Path, episodes: int = 8, steps: int = 6) -> None:
    """A dataset with nothing in it to learn."""
    random = np.random.default_rng(0)
    folder.mkdir()
    write_manifest(folder, Manifest(environment="toy", steps=steps, image_size=32))
    shapes = {"joints": (steps + 1, 7), "gripper": (steps + 1,), "tool": (steps + 1, 3), "object": (steps + 1, 3)}
    shapes |= {"actions": (steps, 3), "carried": (steps, 3), "touch": (steps,)}
    made = [
        Episode(
            images=random.integers(0, 256, (steps + 1, 3, 32, 32), dtype=np.uint8),
            **{name: random.normal(0.0, 0.05, shape) for name, shape in shapes.items()},
        )
        for _ in range(episodes)
    ]
    write_shard(shard_path(folder, 0), made, list(range(episodes)))


def test_two_processes_train_with_the_same_command(tmp_path):
    noise(tmp_path / "data")
    config = tmp_path / "config.yaml"
    config.write_text(
        "model: {image_size: 32, visual_dim: 16, joint_dim: 4, channels: [4, 8], hidden: 16}\n"
        "training: {batch: 8, rollout: 2, steps: 4, warmup: 1, checkpoint_every: 2, precision: fp32, probe_steps: 1}\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", f"--master_port={_free_port()}"]
    command += ["-m", "wm_core.cli", "train", "--dataset", str(tmp_path / "data"), "--config", str(config)]
    command += ["--out", str(tmp_path / "run"), "--device", "cpu", "--threads", "1"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("model in") == 1  # one of them talks ...
    assert len(list((tmp_path / "run" / "tensorboard").iterdir())) == 1  # ... and writes

    from wm_core.model.checkpoint import load_world_model

    load_world_model(tmp_path / "run", torch.device("cpu"))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
