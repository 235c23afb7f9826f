"""The arm's lighter meshes: pictures stay what models know, whatever the folder that they are kept in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.camera import TABLE_VIEW, CameraView, SceneCamera
from sim.light_panda import light_panda
from sim.obj_file import Mesh, MeshPart, read_obj, write_obj
from sim.scene import Scene, urdf_path
from sim.thinning import thinned

_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def _square(cells: int, material: str | None = "paint") -> MeshPart:
    # a unit square in z = 0 that faces up, of 2 * cells ** 2 triangles
    rows = [
        [[*(at := np.array([x, y]) + _CORNERS[number])[:2], 0.0, 0.0, 0.0, 1.0, *at] for number in corners]
        for x in range(cells)
        for y in range(cells)
        for corners in ([0, 1, 2], [0, 2, 3])
    ]
    return MeshPart(material, np.array(rows) * ([1.0 / cells] * 3 + [1.0] * 3 + [1.0 / cells] * 2))


def _area(part: MeshPart) -> float:
    place = part.corners[..., :3]
    return float(0.5 * np.linalg.norm(np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]), axis=1).sum())


def test_a_mesh_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Materials, libraries and every corner, to the digits that are written (a thousandth of a millimetre)."""
    mesh = Mesh(("paint.mtl",), (_square(3), _square(2, "rust")))
    write_obj(tmp_path / "square.obj", mesh)
    read = read_obj(tmp_path / "square.obj")
    assert read.libraries == mesh.libraries and [part.material for part in read.parts] == ["paint", "rust"]
    for part, expected in zip(read.parts, mesh.parts):
        assert part.corners == pytest.approx(expected.corners, abs=1e-6)


@pytest.mark.parametrize("face", ["1//1 1//1 1//1 1//1", "1 1 1", "1/1 1/1 1/1", "-1//1 1//1 1//1"])
def test_faces_that_are_not_understood_are_named(tmp_path: Path, face: str) -> None:
    """A mesh that was read halfway would be a part that nobody sees."""
    path = tmp_path / "mesh.obj"
    path.write_text(f"v 0 0 0\nvn 0 0 1\nf {face}\n")
    with pytest.raises(ValueError, match=rf"mesh\.obj:3: 'f {face}': expected three corners"):
        read_obj(path)


def test_thinning_keeps_the_surface_and_what_is_already_small() -> None:
    """A cube of 4,800 triangles keeps its area of 6, its edges and where every face looks; a square of 18 is left alone."""
    square = _square(20).corners
    faces = []
    for axis in range(3):
        for side in (0.0, 1.0):
            place, normal = np.roll(square[..., :3], axis, axis=-1), np.roll([0.0, 0.0, 2.0 * side - 1.0], axis)
            place = place + side * np.abs(normal)
            face = np.concatenate([place, np.broadcast_to(normal, place.shape), square[..., 6:]], axis=-1)
            faces.append(face if side else face[:, ::-1])
    cube = MeshPart("paint", np.concatenate(faces))
    large, small = thinned(Mesh((), (cube, _square(3))), share=0.05, least=18).parts
    assert len(large.corners) <= 0.051 * 4800
    assert _area(large) == pytest.approx(6.0, abs=0.02)
    place = large.corners[..., :3]
    looks = np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0])
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    assert np.abs((large.corners[..., 3:6] * looks[:, None]).sum(axis=-1) - 1.0).max() < 0.01
    assert np.array_equal(small.corners, _square(3).corners)


@pytest.mark.parametrize(("view", "changed"), [(TABLE_VIEW, 0.001), (CameraView(), 0.008)], ids=["table", "wide"])
def test_pictures_stay_what_models_know(view: CameraView, changed: float) -> None:
    """Of the pixels of 64 px at most the given share differs by more than 16 of 255: 0.04 % and 0.68 % when it was written.

    Meshes written without their `o` lines, so that materials were lost, changed 0.17 % and 0.88 %.
    """
    light, heavy, camera = Scene(), Scene(arm=urdf_path()), SceneCamera(64, 64, view)
    differing = []
    for seed in range(5):
        heavy.reset(seed)
        state = heavy.state()
        joints = state.joints + np.random.default_rng(seed).normal(0.0, 0.25, 7)
        pictures = []
        for scene in (light, heavy):
            scene.set_state(type(state)(joints, state.fingers, state.cube))
            pictures.append(camera.render(scene).astype(int))
        differing.append(np.abs(pictures[0] - pictures[1]).max(axis=-1) > 16)
    assert np.mean(differing) <= changed
    light.close()
    heavy.close()


def test_the_light_arm_has_a_sixth_of_the_triangles_and_the_same_collisions() -> None:
    """Contacts, and so everything that is measured with them, are those of the original."""
    original = urdf_path()
    light = light_panda(original)

    def triangles(folder: Path) -> int:
        return sum(read_obj(path).triangles for path in (folder / "meshes" / "visual").glob("*.obj"))

    assert triangles(light.parent) < triangles(original.parent) / 6
    assert light.read_text() == original.read_text()
    for path in (original.parent / "meshes" / "collision").iterdir():
        assert (light.parent / "meshes" / "collision" / path.name).read_bytes() == path.read_bytes()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here its folder is a file; a home that is mounted read-only fails the same way."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    light = light_panda.__wrapped__(urdf_path())
    assert light.is_file() and tmp_path not in light.parents
