"""The Panda with fewer triangles in its pictures: PyBullet's own has 100,000, at 64 px most of the time that a picture takes."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

_SHARE = 0.07  # of the triangles of a material
_LEAST = 700  # of a material: fingers and what the hand's front is made of keep all of theirs
_VISUAL = Path("meshes", "visual")


@cache
def light_panda(original: Path) -> Path:
    """A URDF beside copies of all that it names, equal to `original` but for the meshes that cameras see.

    Made once (3 s), and kept in the user's cache folder (XDG_CACHE_HOME); where that cannot be written, made in a
    temporary one for this process. The folder's name tells what it was made of.
    """
    name = f"panda-{_fingerprint(original.parent)}"
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wm_ros"
    try:
        return _kept(original, base / name)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="wm_ros-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return _kept(original, folder / name)


def _kept(original: Path, folder: Path) -> Path:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may begin at once: each makes its own, and the first one counts.
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            _make(original.parent, Path(made) / "panda")
            try:
                os.rename(Path(made) / "panda", folder)
            except OSError:
                if not folder.is_dir():
                    raise
    return folder / original.name


def _make(source: Path, target: Path) -> None:
    # Only here: a scene whose arm is there already needs none of it.
    from sim.obj_file import read_obj, write_obj
    from sim.thinning import thinned

    for path in filter(Path.is_file, source.rglob("*")):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.parent == source / _VISUAL and path.suffix == ".obj":
            write_obj(copy, thinned(read_obj(path), _SHARE, _LEAST))
        else:
            shutil.copyfile(path, copy)  # not its mode: an installation may be read-only


def _fingerprint(source: Path) -> str:
    digest = hashlib.sha256(f"{_SHARE} {_LEAST} {version('fast-simplification')}".encode())
    for path in [*sorted((source / _VISUAL).iterdir()), *(Path(__file__).with_name(f"{name}.py") for name in ("obj_file", "thinning"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
