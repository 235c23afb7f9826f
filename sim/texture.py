"""What a table top may be made of: the pattern that the simulator's own table has, under stains and grain of any colour."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pybullet_data

from sim.look import Stain
from sim.quiet import quiet_output

with quiet_output():
    from pybullet_utils.bullet_client import BulletClient

_SIDE = 256  # px
_PLAIN = Path(pybullet_data.getDataPath()) / "table" / "table.png"
_GRAIN = (3, 9, 40)  # blotches along a side, coarse to fine


class TableTexture:
    """The table's texture in one PyBullet world, which can be changed and given back its own."""

    def __init__(self, client: BulletClient, table: int) -> None:
        """table: its body number."""
        self._client, self._table = client, table
        # PyBullet never forgets a texture, so each is loaded once; its software renderer shows no later change of one.
        self._loaded: dict[Stain | None, int] = {None: client.loadTexture(str(_PLAIN))}

    def wear(self, stain: Stain | None) -> None:
        """None: the table's own."""
        if stain not in self._loaded:
            self._loaded[stain] = self._load(stained(stain))
        self._client.changeVisualShape(self._table, -1, textureUniqueId=self._loaded[stain])

    def _load(self, picture: np.ndarray) -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.png"
            cv2.imwrite(str(path), picture[..., ::-1])
            return int(self._client.loadTexture(str(path)))


def stained(stain: Stain) -> np.ndarray:
    """-> (h, w, 3) uint8 RGB, the plain table under blotches of random colours"""
    random = np.random.default_rng([stain.pattern, 13])
    share = stain.strength * random.uniform()
    blotches = [cv2.resize(random.uniform(0.0, 255.0, (count, count, 3)), (_SIDE, _SIDE)) for count in _GRAIN]
    mixed = (1.0 - share) * _plain() + share * np.mean(blotches, axis=0)
    return np.clip(mixed, 0.0, 255.0).astype(np.uint8)


@cache
def _plain() -> np.ndarray:
    picture = cv2.imread(str(_PLAIN))
    return cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)[..., ::-1].astype(float)
