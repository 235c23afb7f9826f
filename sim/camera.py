"""A fixed camera, framed on the workspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.scene import Scene, pybullet


@dataclass(frozen=True)
class CameraView:
    """Where the camera stands and looks: eye and target in m, vertical field of view in degrees."""

    eye: tuple[float, float, float] = (1.20, 0.42, 0.98)
    target: tuple[float, float, float] = (0.47, -0.01, 0.27)
    field_of_view: float = 43.0


# Steeply from the front, as close as the table's part of the workspace allows: a part is a dozen pixels wide.
TABLE_VIEW = CameraView(eye=(0.98, 0.14, 0.62), target=(0.462, 0.0, 0.055), field_of_view=33.0)
# From above, twice as wide as the arm's work: whoever reaches in is in the picture 35 cm before the arm can be touched,
# and nothing but the arm itself is ever in front of them.
OVERHEAD_VIEW = CameraView(eye=(0.47, 0.0, 1.75), target=(0.46, 0.0, 0.0), field_of_view=38.0)


class SceneCamera:
    """Renders a scene with PyBullet's software renderer; the picture depends on the scene's state alone."""

    def __init__(self, width: int = 128, height: int = 128, view: CameraView = CameraView()) -> None:
        self.width, self.height, self.view = width, height, view
        self._view = pybullet.computeViewMatrix(view.eye, view.target, (0.0, 0.0, 1.0))
        self._projection = pybullet.computeProjectionMatrixFOV(view.field_of_view, width / height, 0.1, 4.0)

    def render(self, scene: Scene) -> np.ndarray:
        """-> (H, W, 3) uint8 RGB"""
        row = scene.client.getCameraImage(
            self.width,
            self.height,
            self._view,
            self._projection,
            lightDirection=scene.look.light,
            lightColor=scene.look.light_colour,
            lightAmbientCoeff=scene.look.ambient,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
        )
        rgba = np.asarray(row[2], dtype=np.uint8).reshape(self.height, self.width, 4)
        return np.ascontiguousarray(rgba[:, :, :3])

    def intrinsics(self) -> tuple[float, float, float, float]:
        """fx, fy, cx, cy in pixels; there is no distortion."""
        focal = 0.5 * self.height / np.tan(0.5 * np.radians(self.view.field_of_view))
        return focal, focal, 0.5 * (self.width - 1), 0.5 * (self.height - 1)
