"""Fewer triangles for what is seen from afar."""

from __future__ import annotations

import fast_simplification
import numpy as np

from sim.obj_file import Mesh, MeshPart

_DIRECTION = 0.001  # m that a difference of 1 between unit normals counts, where a new corner is given an old one's looks
_CHUNK = 1024


def thinned(mesh: Mesh, share: float, least: int = 100) -> Mesh:
    """The same surface of about `share` of the triangles, and of at least `least` (or all) for each material.

    Edges are collapsed in the order of quadric error (Garland and Heckbert, "Surface simplification using quadric error
    metrics", 1997; fast-simplification). Materials are thinned apart, so that none bleeds into another; corners take normal
    and texture from the nearest corner that looked the same way.
    """
    return Mesh(mesh.libraries, tuple(_thinned(part, max(share, min(1.0, least / len(part.corners)))) for part in mesh.parts))


def _thinned(part: MeshPart, share: float) -> MeshPart:
    if share >= 1.0:
        return part
    corners = np.unique(part.corners.reshape(-1, 8), axis=0)
    # Joined by place alone: corners that differ in normal or texture would be edges of holes.
    points, index = np.unique(part.corners[..., :3].reshape(-1, 3), axis=0, return_inverse=True)
    points, faces = fast_simplification.simplify(
        points.astype(np.float32), index.reshape(-1, 3).astype(np.int32), target_reduction=1.0 - share, agg=3.0
    )
    triangles = points[faces].astype(float)
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    length = np.linalg.norm(normal, axis=1)
    triangles, normal = triangles[length > 0.0], (normal / (length[:, None] + 1e-30))[length > 0.0]
    wanted = np.concatenate([triangles, np.repeat(normal[:, None], 3, axis=1)], axis=-1).reshape(-1, 6)
    looks = corners[_nearest(wanted, corners[:, :6]), 3:]
    return MeshPart(part.material, np.concatenate([triangles.reshape(-1, 3), looks], axis=-1).reshape(-1, 3, 8))


def _nearest(wanted: np.ndarray, corners: np.ndarray) -> np.ndarray:
    # (N, 6), (M, 6) -> (N,) indices into the second; places in m, directions weighed
    scale = np.array([1.0] * 3 + [_DIRECTION] * 3)
    wanted, corners = wanted * scale, corners * scale
    squares = (corners**2).sum(axis=1)
    chunks = [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]
    return np.concatenate([(squares - 2.0 * chunk @ corners.T).argmin(axis=1) for chunk in chunks])
