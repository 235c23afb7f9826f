"""The ament_python package wm_ros: libraries, nodes, launch files, configuration and trained weights."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "wm_ros"


def tree(source: str, target: str, pattern: str = "*") -> list[tuple[str, list[str]]]:
    """Return `data_files` entries that install the files below `source` under share/wm_ros/`target`.

    Paths stay relative: setuptools refuses absolute ones, and colcon runs this file from the package root.
    """
    folders: dict[str, list[str]] = {}
    root = Path(source)
    for path in sorted(root.rglob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts:
            folder = Path("share", PACKAGE, target, path.parent.relative_to(root)).as_posix()
            folders.setdefault(folder, []).append(path.as_posix())
    return sorted(folders.items())


setup(
    name=PACKAGE,
    version="0.1.0",
    description="Latent world-model planning for robot arms on ROS 2",
    author="World Model Engineers",
    maintainer="World Model Engineers",
    maintainer_email="dev@example.org",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["wm_core", "wm_core.*", "wm_ros", "wm_ros.*", "sim", "sim.*"]),
    package_data={"": ["*.yaml", "*.urdf", "*.xacro", "*.typed", "*.cu", "*.h"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        *tree("launch", "launch", "*.launch.py"),
        *tree("launch/config", "config"),
        *tree("models", "models"),
    ],
    zip_safe=False,
    # colcon runs `colcon test` with pytest only if the package declares it
    extras_require={"test": ["pytest"]},
    entry_points={
        "console_scripts": [
            "wm = wm_core.cli:main",
            "wm_planner_node = wm_ros.planner_node:main",
            "wm_guard_node = wm_ros.guard_node:main",
            "wm_sim_node = sim.node:main",
            "wm_record = wm_ros.recording.command:main",
        ],
        "wm.environments": [
            "panda_tabletop = sim.environment:PandaTabletop",
        ],
    },
)
