"""The file of obstacles: read as it is written, and every fault of it named."""

import pytest
import yaml

from wm_core.config import ConfigError, ObstacleConfig, load_obstacles

WALL = {"name": "wall", "lower": [0.4, -0.03, 0.0], "upper": [0.6, 0.03, 0.25]}


@pytest.fixture
def written(tmp_path):
    """written(data) -> the path of a file that says so."""

    def write(data):
        path = tmp_path / "scene.yaml"
        path.write_text(yaml.safe_dump(data))
        return str(path)

    return write


def test_what_is_declared_is_read(written):
    wall, post = load_obstacles(written({"obstacles": [WALL, WALL | {"name": "post"}]}))
    assert wall == ObstacleConfig(name="wall", lower=(0.4, -0.03, 0.0), upper=(0.6, 0.03, 0.25))
    assert post.name == "post"


def test_no_path_and_an_empty_list_are_no_obstacles(written):
    assert load_obstacles("") == load_obstacles(written({"obstacles": []})) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"upper": [0.6, -0.05, 0.25]}, "obstacles.0 = .*'wall'.*must be below upper .* on every axis"),
        ({"lower": [0.4, "left", 0.0]}, "obstacles.0.lower.1 = 'left': Input should be a valid number"),
        ({"lower": [0.4, float("nan"), 0.0]}, "obstacles.0.lower.1 = nan: Input should be a finite number"),
        ({"lower": [0.4, 0.0]}, "key 'obstacles.0.lower.2' is missing"),
        ({"kind": "wall"}, "unknown key 'obstacles.0.kind'; expected one of: lower, upper, name"),
        ({"uper": [0.6, 0.03, 0.25]}, r"unknown key 'obstacles.0.uper'; did you mean 'upper'\?"),
        ({"name": ""}, "obstacles.0.name = ''"),
        ({"lower": [400.0, -30.0, 0.0], "upper": [600.0, 30.0, 250.0]}, "more than 20 m from the base: expected metres"),
    ],
)
def test_a_wrong_box_names_file_field_value_and_what_was_expected(written, change, says):
    with pytest.raises(ConfigError, match=rf"scene.yaml: .*{says}"):
        load_obstacles(written({"obstacles": [WALL | change]}))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "key 'obstacles' is missing"),
        ([WALL], "expected a mapping of keys to values, got list"),
        ({"obstacles": [WALL, WALL]}, r"obstacles share the names \['wall'\]: expected each once"),
        ({"boxes": [WALL]}, "unknown key 'boxes'"),
    ],
)
def test_a_wrong_file_is_named(written, data, says):
    with pytest.raises(ConfigError, match=f"scene.yaml: .*{says}"):
        load_obstacles(written(data))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="absent.yaml: cannot read the configuration: No such file"):
        load_obstacles(str(tmp_path / "absent.yaml"))
