"""The one translation of camera frames for the world model: live, offline and in training data alike."""

from __future__ import annotations

import cv2
import numpy as np


def preprocess_image(image: np.ndarray, size: int) -> np.ndarray:
    """image: (H, W, 3) uint8 RGB -> (3, size, size) uint8: the centre square, averaged down.

    Raises `ValueError` for another shape or type.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(f"image has shape {image.shape} and type {image.dtype}, expected (H, W, 3) uint8 RGB")
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    if side != size:
        # Area averaging keeps sub-pixel positions: plain decimation costs accuracy at the goal.
        square = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
    return np.ascontiguousarray(square.transpose(2, 0, 1))
