"""Files that a command writes when its work is done."""

from __future__ import annotations

import os
from pathlib import Path


def require_writable(option: str, path: Path | None) -> None:
    """Before the work, so that none is lost. path: None for an option that was not given; nothing is made.

    Raises `ValueError` for a folder, and where the file or a folder above it cannot be made.
    """
    if path is None:
        return
    if path.is_dir():
        raise ValueError(f"{option} {path}: is a folder, expected a file to write")
    there = path
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if there != path and not there.is_dir():
        raise ValueError(f"{option} {path}: cannot be written, {there} is not a folder")
    if not os.access(there, os.W_OK if there == path else os.W_OK | os.X_OK):
        raise ValueError(f"{option} {path}: cannot be written, no permission to write {'it' if there == path else f'in {there}'}")
