"""Pictures that several threads look at are known to all of them."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from wm_core.backends.seen_pictures import KEPT, SeenPictures

PICTURES = np.random.default_rng(0).integers(0, 256, (20 * KEPT, 3, 4, 4), dtype=np.uint8)


@pytest.fixture
def hurried():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_may_look_at_once(hurried):
    seen = SeenPictures(lambda picture: torch.zeros(1, 1) + int(picture[0, 0, 0, 0]))

    def look(first: int) -> list[float]:
        rows = [(first + 7 * turn) % len(PICTURES) for turn in range(3000)]
        return [float(seen.latents(PICTURES[row : row + 1])) - PICTURES[row, 0, 0, 0] for row in rows]

    with ThreadPoolExecutor(4) as pool:
        assert not any(any(wrong) for wrong in pool.map(look, range(4)))
    assert len(seen._known) == KEPT
