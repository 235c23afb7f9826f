"""A real-time loop that is driven by hand: see by_hand.py."""

from __future__ import annotations

from types import ModuleType
from typing import Iterator

import pytest

from sim.real_time import RealTimeLoop
from sim.scene import Scene


@pytest.fixture(scope="session")
def by_hand(load) -> ModuleType:
    return load("sim/real_time/by_hand.py")


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.close()


@pytest.fixture
def renderer(by_hand):
    return by_hand.Renderer()


@pytest.fixture
def outputs(by_hand):
    return by_hand.Recorder()


@pytest.fixture
def loop(by_hand, scene, renderer, outputs) -> RealTimeLoop:
    return by_hand.loop_of(scene, renderer, outputs)
