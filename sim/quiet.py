"""Keeps PyBullet's chatter out of what programs print: its C code writes to the terminal on import and connect."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_output() -> Iterator[None]:
    """File descriptors 1 and 2 lead nowhere meanwhile. For start-up only: it acts on the whole process."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        # What C wrote may still be in its buffer, to come out after the descriptors are back.
        ctypes.CDLL(None).fflush(None)
        for target, original in zip((1, 2), kept):
            os.dup2(original, target)
            os.close(original)
        os.close(nowhere)
