"""What scripts/setup leaves behind: the environment, the workspace, and clear errors where it cannot go on."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "scripts" / "setup"
ACTIVATE = f". {ROOT}/.venv/bin/activate"
SOURCED = ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH", "PYTHONPATH", "LD_LIBRARY_PATH")


def run(command: str, cwd: Path = ROOT, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run `command` in bash as a fresh login would, without what this test run has sourced.

    With a sourced ROS 2 its variables stay: the environment is made for it.
    """
    dropped = {"VIRTUAL_ENV", "COLCON_DEFAULTS_FILE", "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    if "ROS_DISTRO" not in os.environ:
        dropped.update(SOURCED)
    env = {name: value for name, value in os.environ.items() if name not in dropped} | changes
    return subprocess.run(["bash", "-c", command], cwd=cwd, env=env, capture_output=True, text=True, timeout=270)


@pytest.mark.timeout(300)
def test_second_run_does_nothing_and_takes_seconds() -> None:
    assert run("scripts/setup").returncode == 0
    start = time.monotonic()
    again = run("scripts/setup")
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines() == [
        "[setup] ready: source .venv/bin/activate && source ros2_ws/install/setup.bash"
    ]
    assert time.monotonic() - start < 30.0


def test_colcon_lists_exactly_two_packages() -> None:
    result = run(f"{ACTIVATE} && cd ros2_ws && colcon --log-base /dev/null list --names-only")
    assert result.stdout.split() == ["wm_interfaces", "wm_ros"], result.stderr


def test_interfaces_and_commands_after_activation() -> None:
    code = (
        "from wm_interfaces.action import PlanToGoal; from wm_interfaces.msg import GuardStatistics, PlannerStatistics;"
        "print(PlanToGoal.Result.SUCCESS, PlanToGoal.Result.PLANNER_ERROR, len(PlannerStatistics().terms))"
    )
    result = run(f"{ACTIVATE} && . ros2_ws/install/setup.bash && cd / && python -c '{code}' && ros2 pkg prefix wm_ros")
    assert result.returncode == 0, result.stderr
    values, prefix = result.stdout.splitlines()
    assert values == "0 -7 0"
    assert prefix == str(ROOT / "ros2_ws" / "install" / "wm_ros")


def test_root_folder_launch_does_not_shadow_the_launch_library() -> None:
    result = run(f"{ACTIVATE} && python -c 'import launch; print(launch.LaunchDescription.__name__)'")
    assert result.stdout.strip() == "LaunchDescription", result.stderr


def test_deactivate_restores_every_variable() -> None:
    show = "env | grep -E '^(AMENT|CMAKE|COLCON|LD_LIBRARY|PYTHONPATH|PATH|VIRTUAL_ENV)=' | sort"
    twice = f"{ACTIVATE}; {ACTIVATE}; . ros2_ws/install/setup.bash; deactivate"
    result = run(f"{show}; echo ---; {twice}; {show}; echo ---; typeset -f deactivate _wm_restore", PYTHONPATH="/mine")
    before, after, functions = result.stdout.split("---\n")
    assert "PYTHONPATH=/mine" in before
    assert after == before
    assert functions == ""


def test_installed_scripts_use_the_environments_interpreter() -> None:
    scripts = sorted((ROOT / "ros2_ws/install/wm_ros/lib/wm_ros").glob("wm*"))
    assert [path.name for path in scripts] == ["wm", "wm_guard_node", "wm_planner_node", "wm_record", "wm_sim_node"]
    for path in scripts:
        assert path.read_text().startswith(f"#!{ROOT}/.venv/bin/python")


def test_unsupported_python_is_named() -> None:
    result = run("scripts/setup", WM_PYTHON="/bin/false")
    assert result.returncode == 1
    assert result.stderr.strip() == "[setup] error: WM_PYTHON=/bin/false is not a Python 3.10 to 3.12"


@pytest.mark.parametrize(
    ("missing", "message"),
    [("g++", "no C++ compiler (g++) found; install one: sudo apt install build-essential"), ("python3", "no Python 3.10")],
)
def test_missing_tool_gets_one_line_that_says_what_to_install(tmp_path: Path, missing: str, message: str) -> None:
    # A PATH with nothing but what the script needs, less the missing tool.
    interpreter = str(Path(f"{ROOT}/.venv/bin/python").resolve())
    for name in ("bash", "dirname", "find", "flock", "grep", "head", "sort", "tr"):
        (tmp_path / name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")
    if missing != "python3":
        (tmp_path / "python3").symlink_to(interpreter)
    result = run(f"PATH={tmp_path} scripts/setup", ROS_DISTRO="", AMENT_PREFIX_PATH="", WM_PYTHON="")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert message in result.stderr and "apt install" in result.stderr
