"""Who may import whom, checked in a fresh interpreter for every package."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROS = {"rclpy", "rcl_interfaces", "sensor_msgs", "std_msgs", "trajectory_msgs", "geometry_msgs", "wm_interfaces"}
SIMULATION = {"pybullet", "sim"}
TORCH_FREE = (
    "wm_core.types",
    "wm_core.config",
    "wm_core.protocols",
    "wm_core.limits",
    "wm_core.interpolation",
    "wm_core.history",
    "wm_core.resources",
    "wm_core.kinematics.urdf_arm",
    "wm_core.kinematics.time_parameterisation",
    "wm_core.safety",
)
SIBLINGS = ("model", "planning", "kinematics", "safety", "training")


def modules_of(package: str) -> list[str]:
    """Every module below a package, dotted; `__main__` left out, it would run."""
    folder = ROOT / package.replace(".", "/")
    files = sorted(path for path in folder.rglob("*.py") if path.name != "__main__.py")
    dotted = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in dotted]


def loaded_by(*modules: str) -> set[str]:
    """The modules that a fresh interpreter holds after importing these."""
    code = "import sys\n" + "\n".join(f"import {name}" for name in modules) + "\nprint('\\n'.join(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    # From the tests' folder: at the root, `launch/` could stand in for ROS's `launch`.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT / "tests", timeout=100
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def tops(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def imports_in(path: Path) -> set[str]:
    """Every module that a file imports anywhere, but for those under `if TYPE_CHECKING`."""
    found: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        pending += ast.iter_child_nodes(node)
    return found


@pytest.mark.parametrize("module", TORCH_FREE)
def test_these_import_without_torch(module):
    assert "torch" not in tops(loaded_by(module))


def test_the_core_knows_no_ros_and_no_simulator():
    core = modules_of("wm_core")
    assert len(core) > 20
    loaded = tops(loaded_by(*core))
    assert not loaded & (ROS | SIMULATION | {"wm_ros"})


def test_planning_knows_no_model():
    loaded = loaded_by(*modules_of("wm_core.planning"))
    assert not [name for name in loaded if name.startswith(("wm_core.model", "wm_core.training", "wm_core.kinematics"))]


def test_siblings_do_not_import_each_other():
    wrong = []
    for package in SIBLINGS:
        others = tuple(f"wm_core.{other}" for other in SIBLINGS if other != package)
        # Training trains the model and collects with an arm.
        allowed = ("wm_core.model", "wm_core.kinematics") if package == "training" else ()
        for path in (ROOT / "wm_core" / package).rglob("*.py"):
            for name in imports_in(path):
                if name.startswith(others) and not (allowed and name.startswith(allowed)):
                    wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_the_simulator_knows_no_planner():
    wrong, forbidden = [], ("wm_core.planning", "wm_core.model", "wm_core.agent")
    for path in (ROOT / "sim").rglob("*.py"):
        bad = {name for name in imports_in(path) if name.startswith(forbidden)}
        wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in bad]
    assert not wrong


def test_the_guard_process_is_free_of_torch_and_model():
    pytest.importorskip("rclpy")
    pytest.importorskip("wm_interfaces", reason="the workspace is not built or not sourced")
    loaded = loaded_by("wm_ros.guard_node")
    assert "torch" not in tops(loaded)
    assert not [name for name in loaded if name.startswith(("wm_core.model", "wm_core.planning"))]


def test_launch_is_no_package():
    assert not (ROOT / "launch" / "__init__.py").exists()
