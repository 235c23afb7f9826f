"""Triangle meshes of the OBJ format, as far as robot models use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class MeshPart:
    """Triangles of one material: their corners (F, 3, 8), each a position (3) in m, a unit normal (3) and a place in the texture (2).

    material: None where the file names none.
    """

    material: str | None
    corners: np.ndarray


@dataclass(frozen=True, eq=False)
class Mesh:
    """libraries: the files that describe the materials, beside the mesh's own."""

    libraries: tuple[str, ...]
    parts: tuple[MeshPart, ...]

    @property
    def triangles(self) -> int:
        """In all parts together."""
        return sum(len(part.corners) for part in self.parts)


def read_obj(path: Path) -> Mesh:
    """Raises `ValueError` where a face has other than three corners, or a corner no normal."""
    values: dict[str, list[list[float]]] = {"v": [], "vn": [], "vt": []}
    faces: dict[str | None, list[list[list[int]]]] = {}
    libraries, material = [], None
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        kind, _, rest = line.partition(" ")
        if kind in values:
            values[kind].append([float(value) for value in rest.split()])
        elif kind == "mtllib":
            libraries.append(rest.strip())
        elif kind == "usemtl":
            material = rest.strip()
        elif kind == "f":
            faces.setdefault(material, []).append(_corners(path, number, rest))
    # An index of 0 is one that the file leaves out: row 0 stands for it.
    position, normal = (np.array([[0.0] * 3, *values[kind]]) for kind in ("v", "vn"))
    texture = np.array([[0.0] * 2, *(place[:2] for place in values["vt"])])
    parts = []
    for name, rows in faces.items():
        at = np.array(rows)
        parts.append(MeshPart(name, np.concatenate([position[at[..., 0]], normal[at[..., 2]], texture[at[..., 1]]], axis=-1)))
    return Mesh(tuple(libraries), tuple(parts))


def write_obj(path: Path, mesh: Mesh) -> None:
    """Every corner that several triangles share is written once."""
    lines, before = [f"mtllib {name}" for name in mesh.libraries], 0
    for number, part in enumerate(mesh.parts):
        lines.append(f"o part_{number}")  # readers give an object one material
        rows, index = np.unique(part.corners.reshape(-1, 8), axis=0, return_inverse=True)
        for x, y, z, *others in rows:
            lines += [f"v {x:.6f} {y:.6f} {z:.6f}", "vn {:.4f} {:.4f} {:.4f}".format(*others[:3]), "vt {:.6f} {:.6f}".format(*others[3:])]
        if part.material is not None:
            lines.append(f"usemtl {part.material}")
        for face in index.reshape(-1, 3) + before + 1:
            lines.append("f " + " ".join(f"{corner}/{corner}/{corner}" for corner in face))
        before += len(rows)
    path.write_text("\n".join(lines) + "\n")


def _corners(path: Path, number: int, rest: str) -> list[list[int]]:
    corners = [[int(index or 0) for index in corner.split("/")] for corner in rest.split()]
    if len(corners) != 3 or any(len(corner) != 3 or corner[2] < 1 or min(corner) < 0 for corner in corners):
        raise ValueError(f"{path}:{number}: 'f {rest}': expected three corners of the form position/texture/normal or position//normal")
    return corners
