"""What the brittle cases look like: `python benchmarks/brittle_sheet.py out/brittle.png [--task push] [--seed 0]`.

A row each; goal picture, then 3 s into an episode in which the arm rests, at low, medium and high strength.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from sim.environment import PandaTabletop  # noqa: E402
from sim.perturbations import PERTURBATIONS  # noqa: E402
from wm_core.types import Command  # noqa: E402

SIZE = 192  # px, of a picture


def main() -> None:
    """Writes the sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--task", default="push")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = [_row(options.task, options.seed, name) for name in PERTURBATIONS]
    options.file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows)).save(options.file)


def _row(task: str, seed: int, name: str) -> np.ndarray:
    cells = []
    for level in ("low", "medium", "high"):
        table = PandaTabletop(task, perturb=f"{name}={level}", image_size=SIZE)
        rest = table.reset(seed).joints.position
        if not cells:
            cells.append(_titled(table.stages(seed)[0].goal.image, "goal"))
        for _ in range(15):
            seen = table.step(Command(rest), 0.2)
        cells.append(_titled(seen.image, f"{name}={level}"))
        table.close()
    return np.concatenate(cells, axis=1)


def _titled(picture: np.ndarray, title: str) -> np.ndarray:
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text((4, 2), title, fill=(0, 0, 0))
    return np.asarray(image)


if __name__ == "__main__":
    main()
