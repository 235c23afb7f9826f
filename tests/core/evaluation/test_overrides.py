"""--set: typed, named, last one wins."""

import pytest

from wm_core.config import ConfigError, PlannerConfig
from wm_core.evaluation.overrides import override_planner


def test_values_are_typed_and_the_rest_stays():
    before = PlannerConfig(horizon=7)
    after = override_planner(before, ["planner.samples=256", "planner.weights.effort=0", "planner.warm_start=false"])
    assert (after.samples, after.weights.effort, after.warm_start, after.horizon) == (256, 0.0, False, 7)
    assert override_planner(before, ["planner.samples=8", "planner.samples=16"]).samples == 16


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("planner.sampels=256", "unknown key 'sampels'; did you mean 'samples'"),
        ("planner.samples=many", "samples = 'many'"),
        ("planner.samples=2", "samples = 2"),
        ("samples=256", "expected planner.NAME=VALUE"),
        ("planner.samples", "expected planner.NAME=VALUE"),
        ("planner.samples.big=1", "'samples' is one value"),
        ("planner.seed=3", "plans with the seed of each episode; give --seed"),
        ("planner.samples=[1", "is not a value"),
    ],
)
def test_what_is_wrong_is_named(setting, says):
    with pytest.raises(ConfigError, match=says.replace("[", r"\[")):
        override_planner(PlannerConfig(), [setting])
