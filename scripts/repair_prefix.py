"""Make the CMake files of the ROS 2 wheels usable outside the machine that built them.

The wheels' exported targets name the include folders of the interpreter they were built with
(/opt/python/cp311-cp311/...), which exists nowhere else, and CMake refuses a target whose include folder is missing.
Run with the environment's own interpreter; running it again changes nothing.
"""

import re
import sys
import sysconfig
from pathlib import Path

import numpy

BUILD_PREFIX = r"/opt/python/cp3\d+-cp3\d+"


def repaired(text: str) -> str:
    """Return `text` with the build machine's Python and numpy include folders replaced by this environment's."""
    text = re.sub(BUILD_PREFIX + r"/lib/python3\.\d+/site-packages/numpy/(_core|core)/include", numpy.get_include(), text)
    text = re.sub(BUILD_PREFIX + r"/include/python3\.\d+", sysconfig.get_paths()["include"], text)
    return re.sub(BUILD_PREFIX, sys.base_prefix, text)


def main() -> None:
    """Rewrite every CMake export below this environment's share/ that still names the build machine."""
    changed = 0
    for path in Path(sys.prefix, "share").glob("*/cmake/*.cmake"):
        before = path.read_text()
        after = repaired(before)
        if after != before:
            path.write_text(after)
            changed += 1
    print(f"repaired {changed} CMake files")


if __name__ == "__main__":
    main()
