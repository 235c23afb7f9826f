"""What a picture of the simulated scene takes, with PyBullet's own arm and with the lighter one, and how far the two differ.

`python benchmarks/picture_time.py` draws the same scenes with both, in turn, and prints a row for each camera and size:
processor time of a picture (ms, medians) and the share of pixels that differ by more than 16 of 255.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from sim.camera import OVERHEAD_VIEW, TABLE_VIEW, CameraView, SceneCamera  # noqa: E402
from sim.scene import Scene, SceneState, urdf_path  # noqa: E402

VIEWS = {"wide": CameraView(), "table": TABLE_VIEW, "overhead": OVERHEAD_VIEW}
SPREAD = 0.25  # rad around the arm's home
DIFFERS = 16  # of 255


def main() -> None:
    """A row for each camera and size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=20, help="drawn by both, in turn")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128], help="px, of a side")
    parser.add_argument("--seed", type=int, default=0, help="of the scenes")
    options = parser.parse_args()
    heavy, light = Scene(arm=urdf_path()), Scene()
    states = [_state(heavy, options.seed + number) for number in range(options.scenes)]
    table = Table("camera", "px", "PyBullet's arm, ms", "lighter, ms", "times less", "pixels that differ")
    for name, view in VIEWS.items():
        for size in options.sizes:
            camera = SceneCamera(size, size, view)
            pairs = [[_draw(scene, state, camera) for scene in (heavy, light)] for state in states]
            before, after = np.median([[spent for _, spent in pair] for pair in pairs], axis=0)
            differs = np.mean([np.abs(pair[0][0] - pair[1][0]).max(axis=-1) > DIFFERS for pair in pairs])
            table.add_row(name, str(size), f"{before:.1f}", f"{after:.1f}", f"{before / after:.1f}", f"{100 * differs:.2f} %")
    Console().print(table)


def _state(scene: Scene, seed: int) -> SceneState:
    scene.reset(seed)
    state = scene.state()
    joints = state.joints + np.random.default_rng(seed).normal(0.0, SPREAD, len(state.joints))
    return SceneState(joints, state.fingers, state.cube)


def _draw(scene: Scene, state: SceneState, camera: SceneCamera) -> tuple[np.ndarray, float]:
    scene.set_state(state)
    began = time.process_time()
    picture = camera.render(scene)
    return picture.astype(int), 1e3 * (time.process_time() - began)


if __name__ == "__main__":
    main()
