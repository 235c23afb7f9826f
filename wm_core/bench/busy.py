"""Another process that wants a core."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Arithmetic on numbers that fit into a core's own cache: it takes the core, not the memory.
_CODE = """
import numpy
square = numpy.full((64, 64), 0.5)
print('busy', flush=True)
while True:
    square = square @ square / 32.0
"""


@contextmanager
def busy_process() -> Iterator[subprocess.Popen[str]]:
    """It computes on one core from when this begins until it ends."""
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", _CODE], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        if process.stdout.readline().strip() != "busy":
            raise RuntimeError(f"the busy process ended with {process.wait()} before it began")
        yield process
    finally:
        process.kill()
        process.communicate()
