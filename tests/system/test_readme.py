"""README and docs say what the code says: arguments, parameters, commands, result codes, links."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from launch import LaunchContext
from launch.launch_description_sources import get_launch_description_from_python_launch_file
from launch.utilities import perform_substitutions
from typer.main import get_command
from wm_interfaces.action import PlanToGoal

from sim.node_parameters import SimParameters
from wm_core.cli.app import app
from wm_core.config import ModelCardConfig, ObstaclesConfig, parse_config
from wm_ros.guard_parameters import GuardParameters
from wm_ros.outcome import Code
from wm_ros.planner_parameters import PlannerParameters

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
INTERFACES = (ROOT / "docs" / "interfaces.md").read_text()


def table(text, heading):
    """The cells of the rows below the table head that starts with `heading`, plain of escapes and code marks."""
    lines = text.splitlines()
    first = next(row for row, line in enumerate(lines) if line.startswith(f"| {heading} |")) + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            return rows
        rows.append(tuple(cell.replace("\\", "").replace("`", "").strip() for cell in line.strip("|").split("|")))
    return rows


def test_the_readme_lists_the_launch_arguments():
    description = get_launch_description_from_python_launch_file(str(ROOT / "launch" / "arm_planner.launch.py"))
    declared = []
    for argument in description.get_launch_arguments():
        default = perform_substitutions(LaunchContext(), argument.default_value)
        if argument.name == "params_file":  # below the share folder, wherever that is
            default = "/".join(Path(default).parts[-2:])
        declared.append((argument.name, default, argument.description))
    assert table((ROOT / "README.md").read_text(), "argument") == declared


def test_the_readme_lists_the_commands():
    listed = [row[0] for row in table((ROOT / "README.md").read_text(), "command")]
    assert listed == [f"wm {name}" for name in get_command(app).commands]


def test_the_readme_s_program_without_ros_runs(capsys):
    programs = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (program,) = [found for found in programs if "load_agent" in found]
    assert "range(60)" in program  # two steps show that it runs; whether it arrives is what `wm eval` measures
    exec(program.replace("range(60)", "range(2)"), {})
    # Two steps do not push a part 6 cm.
    assert capsys.readouterr().out.startswith("Outcome(success=False, distance=0.")


@pytest.mark.parametrize(
    ("node", "kind"), [("planner", PlannerParameters), ("guard", GuardParameters), ("sim", SimParameters)]
)
def test_interfaces_lists_the_parameters(node, kind):
    rows = [parameter_row(item) for item in fields(kind)]
    assert table(INTERFACES, f"`{node}` parameter") == rows, "the table should be\n" + as_markdown(rows)


def parameter_row(item):
    row = item.metadata["row"]
    limits = ", ".join(row.choices) if row.choices else f"{row.low:g} to {row.high:g}" if row.low is not None else ""
    default = str(item.default).lower() if isinstance(item.default, bool) else str(item.default)
    return item.name, type(item.default).__name__, default, limits, row.description


def as_markdown(rows):
    """To be pasted into the page."""
    lines = []
    for name, kind, default, limits, meaning in rows:
        words = ", ".join(f"`{word}`" for word in limits.split(", ")) if kind == "str" and limits else limits
        shown = meaning.replace("<", "\\<")
        lines.append(f"| `{name}` | {kind} | {f'`{default}`' if default else ''} | {words} | {shown} |")
    return "\n".join(lines)


def test_interfaces_lists_the_result_codes():
    listed = {name: int(code) for name, code, *_ in table(INTERFACES, "result")}
    assert listed == {code.name: getattr(PlanToGoal.Result, code.name) for code in Code}


def test_the_settings_shown_are_settings():
    text = (ROOT / "docs" / "train-your-own.md").read_text()
    (settings,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    parse_config(ModelCardConfig, yaml.safe_load(settings), "train-your-own.md")


def test_the_obstacles_shown_are_obstacles():
    text = (ROOT / "docs" / "plug-in-your-arm.md").read_text()
    (scene,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert [box.name for box in parse_config(ObstaclesConfig, yaml.safe_load(scene), "page").obstacles] == ["wall", "camera post"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_named_tests_exist(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
    for file, test in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text):
        assert (ROOT / file).exists(), f"{page.name} names {file}"
        assert f"def {test}" in (ROOT / file).read_text(), f"{page.name} names {file}::{test}"
