"""The run as a GIF: what the camera sees beside what was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sim.demo.drive import GoalRecord
from sim.demo.recorder import Recorder

_SIDE, _BAR = 256, 26  # px
_LAST_MS = 1500  # that a goal's last frame stays


def write_film(records: Sequence[GoalRecord], recorder: Recorder, path: Path) -> None:
    """Writes a looping GIF; nothing if there are no frames."""
    pages, durations = [], []
    for record in records:
        frames = recorder.frames(record.begin, record.end)
        for at, image in frames:
            row = np.searchsorted(record.times, at - record.begin, side="right") - 1
            pages.append(_page(record, image, float(record.distances[max(row, 0)])))
        # Each frame as long as it was the newest: the film runs at the speed of the arm, on a slow machine too.
        times = [at for at, _ in frames]
        durations += [round(1e3 * (after - at)) for at, after in zip(times, times[1:])] + [_LAST_MS] * bool(frames)
    if pages:
        pages[0].save(path, save_all=True, append_images=pages[1:], duration=durations, loop=0, optimize=True)


def _page(record: GoalRecord, image: np.ndarray, distance: float) -> Image.Image:
    page = Image.new("RGB", (2 * _SIDE, _SIDE + _BAR), "white")
    for column, picture in enumerate((image, record.demo.picture)):
        page.paste(Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), (column * _SIDE, 0))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    draw.text((6, _SIDE + 4), f"camera, {100 * distance:.1f} cm to go", "black", font)
    draw.text((_SIDE + 6, _SIDE + 4), f"goal: {record.demo.name}", "black", font)
    return page.quantize(128, Image.Quantize.MAXCOVERAGE)  # keeps rare colours, such as the cube's
