"""Whether PyBullet can open its window here."""

from __future__ import annotations

import subprocess
import sys

_PROBE = "import pybullet; pybullet.disconnect(pybullet.connect(pybullet.GUI))"


def window_works(timeout: float = 20.0) -> bool:
    """Tries it in another process: without a display PyBullet does not raise, it ends the process it is in."""
    try:
        probe = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return False
    return probe.returncode == 0
