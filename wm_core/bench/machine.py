"""What a figure is true of."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from wm_core.config import Strict

PACKAGES = ("torch", "numpy", "onnxruntime", "pytorch-mppi", "stable-worldmodel")


class Machine(Strict):
    """threads: torch's; load: of the last minute, before; packages: versions of those that are there."""

    processor: str
    cores: int
    threads: int
    wait_policy: str
    load: float
    commit: str
    packages: dict[str, str]


def describe_machine() -> Machine:
    """This one, now. commit: of the checkout that this file is in, 'unknown' where it is none."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        wait_policy=os.environ.get("OMP_WAIT_POLICY", "default"),
        load=round(os.getloadavg()[0], 2),
        commit=_commit(),
        packages={name: found for name in PACKAGES if (found := _version(name)) is not None},
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).resolve().parent), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
