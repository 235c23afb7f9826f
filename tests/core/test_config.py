"""The configuration refuses what it does not know, and says what it would have known."""

import pytest

from wm_core.config import (
    ConfigError,
    ModelCardConfig,
    PlannerConfig,
    RobotConfig,
    TrainingConfig,
    WorldModelConfig,
    load_config,
    parse_config,
    save_config,
)
from wm_core.resources import find_model, find_robot


def test_unknown_key_names_the_nearest_known_one():
    with pytest.raises(ConfigError, match=r"here: unknown key 'sampels'; did you mean 'samples'\?"):
        parse_config(PlannerConfig, {"sampels": 3}, "here")


def test_unknown_nested_key_is_looked_up_in_its_own_section():
    with pytest.raises(ConfigError, match=r"unknown key 'weights.efort'; did you mean 'effort'\?"):
        parse_config(PlannerConfig, {"weights": {"efort": 1.0}}, "here")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"gripper": {"opning": 0.08}}, "'gripper.opning'; did you mean 'opening'"),  # a section that may be left out
        ({"body": [{"radios": 0.1}]}, "'body.0.radios'; did you mean 'radius'"),  # a row of a list
    ],
)
def test_unknown_keys_in_rows_and_optional_sections_are_looked_up_there(data, says):
    with pytest.raises(ConfigError, match=f"unknown key {says}"):
        parse_config(RobotConfig, find_robot("panda").model_dump() | data, "here")


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        (TrainingConfig, {"batch": 15, "loss": {"far_pairs": True}}, "batch is 15, expected an even number: loss.far_pairs"),
        (WorldModelConfig, {"channels": []}, r"channels = \[\]: Tuple should have at least 1 item"),
        (WorldModelConfig, {"channels": [8, 0]}, "channels.1 = 0: Input should be greater than or equal to 1"),
    ],
)
def test_what_no_model_could_be_trained_with_is_refused(kind, data, says):
    with pytest.raises(ConfigError, match=says):
        parse_config(kind, data, "here")


def test_not_a_number_is_refused():
    with pytest.raises(ConfigError, match="deadline"):
        parse_config(PlannerConfig, {"deadline": float("nan")}, "here")


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(ConfigError, match="expected a mapping"):
        load_config(PlannerConfig, tmp_path / "list.yaml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="absent.yaml"):
        load_config(PlannerConfig, tmp_path / "absent.yaml")


def test_written_configuration_reads_back_equal(tmp_path):
    card = ModelCardConfig(planner=PlannerConfig(samples=77))
    save_config(card, tmp_path / "config.yaml")
    assert load_config(ModelCardConfig, tmp_path / "config.yaml") == card


def test_the_panda_has_one_limit_a_joint():
    robot = find_robot("panda")
    assert len(robot.joint_names) == 7 == len(robot.limits.jerk)


def test_a_robot_with_too_few_limits_is_refused():
    data = find_robot("panda").model_dump()
    data["home"] = data["home"][:6]
    with pytest.raises(ConfigError, match="home has 6 values, expected 7"):
        parse_config(RobotConfig, data, "robot")


def test_what_is_wrong_between_keys_is_told_without_the_whole_file():
    panda = find_robot("panda").model_dump()
    with pytest.raises(ConfigError, match="^here: tool_orientation is all zeros"):
        parse_config(RobotConfig, panda | {"tool_orientation": (0.0, 0.0, 0.0, 0.0)}, "here")


def test_an_unknown_robot_and_model_name_what_there_is(tmp_path):
    with pytest.raises(ConfigError, match="robot 'pandaa' not found: expected a path or one of: panda$"):
        find_robot("pandaa")
    with pytest.raises(ConfigError, match="model 'no_such_model' not found"):
        find_model("no_such_model")
