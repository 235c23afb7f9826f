"""A picture of what went wrong: one row an episode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from wm_core.evaluation.episode import Episode

TILE, STRIP, GAP = 128, 22, 4  # px
FRAMES = 5  # from start to end


def contact_sheet(episodes: Sequence[Episode]) -> np.ndarray:
    """-> (h, w, 3) uint8 RGB: start, three moments in between, end, goal; above each row its seed and distance."""
    rows = [_row(episode) for episode in episodes]
    return np.concatenate([np.concatenate([row, np.full((GAP, row.shape[1], 3), 255, np.uint8)]) for row in rows])


def write_sheet(path: Path, episodes: Sequence[Episode]) -> None:
    """A PNG. Raises `ValueError` without episodes, `OSError` where it cannot be written."""
    if not episodes:
        raise ValueError("there are no episodes for a contact sheet")
    path.parent.mkdir(parents=True, exist_ok=True)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(contact_sheet(episodes), cv2.COLOR_RGB2BGR))
    assert done  # an 8-bit picture in memory always has a PNG
    path.write_bytes(encoded.tobytes())


def _row(episode: Episode) -> np.ndarray:
    moments = np.linspace(0, len(episode.frames) - 1, FRAMES).round().astype(int)
    tiles = [_tile(episode.frames[moment]) for moment in moments]
    goal = episode.goal
    shown = goal.image if goal.image is not None else _text(np.zeros((TILE, TILE, 3), np.uint8), goal.kind)
    tiles.append(_tile(shown))
    strip = np.full((STRIP, len(tiles) * (TILE + GAP), 3), 255, np.uint8)
    result = episode.result
    how = "success" if result.success else result.note or "failed"
    label = f"seed {result.seed}   {100 * result.distance_m:.1f} cm   {how}   (start ... end, goal)"
    return np.concatenate([_text(strip, label, (0, 0, 0)), np.concatenate(tiles, axis=1)])


def _tile(image: np.ndarray) -> np.ndarray:
    tile = cv2.resize(image, (TILE, TILE), interpolation=cv2.INTER_AREA if min(image.shape[:2]) > TILE else cv2.INTER_LINEAR)
    return cv2.copyMakeBorder(tile, 0, 0, 0, GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def _text(picture: np.ndarray, text: str, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    picture = np.ascontiguousarray(picture)
    cv2.putText(picture, text, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
    return picture
