"""Print our pins, with those packages that a sourced ROS 2 depends on left at the system's version.

ROS's compiled Python packages must keep the numpy they were built with, and its launch_pytest the pytest it knows.
Run with the interpreter of the environment, which sees the system's packages.
"""

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# name -> oldest major.minor that this project works with
KEEP_SYSTEM = {"numpy": (1, 22), "pytest": (7, 0), "setuptools": (59, 6), "pyyaml": (5, 4)}
# Their pinned versions ask for numpy 2; with an older one pip chooses.
NEED_NUMPY_2 = {"contourpy", "matplotlib", "opencv-python", "opencv-python-headless"}


def system_version(name: str) -> str | None:
    """Return the version the system provides, or None if it is missing, too old, or our own install."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    if Path(str(found.locate_file(""))).resolve().is_relative_to(Path(sys.prefix).resolve()):
        return None
    numbers = tuple(int(part) for part in found.version.split(".")[:2])
    return found.version if numbers >= KEEP_SYSTEM[name] else None


def main() -> None:
    """Read the constraints file named on the command line and print the adapted one."""
    kept = {name: version for name in KEEP_SYSTEM if (version := system_version(name))}
    old_numpy = kept.get("numpy", "2").startswith("1.")
    for line in Path(sys.argv[1]).read_text().splitlines():
        name = line.split("==")[0].strip().lower()
        if name not in kept and not (old_numpy and name in NEED_NUMPY_2):
            print(line)
    for name, version in kept.items():
        print(f"{name}=={version}")
    if old_numpy:
        print("opencv-python<4.12\nopencv-python-headless<4.12")


if __name__ == "__main__":
    main()
