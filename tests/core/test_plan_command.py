"""`wm plan`: which backend computed the rollouts is asked for, checked and told."""

import pytest

from wm_core.cli.app import app
from wm_core.config import ModelCardConfig, PlannerConfig, WorldModelConfig
from wm_core.model.checkpoint import save_world_model
from wm_core.model.world_model import JepaWorldModel


@pytest.fixture
def plan(tmp_path, capsys):
    small = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16)
    card = ModelCardConfig(model=small, planner=PlannerConfig(samples=8, horizon=2, iterations=1), backend="fused")
    save_world_model(JepaWorldModel(small), card, tmp_path)

    def plan(*arguments):
        app(["plan", "--model", str(tmp_path), "--device", "cpu", *arguments], standalone_mode=False)
        return capsys.readouterr().out

    return plan


@pytest.mark.parametrize(("arguments", "backend"), [((), "fused"), (("--backend", "torch"), "torch")])
def test_the_backend_is_the_models_unless_another_is_asked_for(plan, arguments, backend):
    assert f"rollouts by backend '{backend}' on cpu" in plan(*arguments)


def test_an_automatic_choice_is_told_with_what_it_was_chosen_from(plan):
    said = plan("--backend", "auto")
    chosen = said.rsplit("rollouts by backend '", 1)[1].split("'")[0]
    assert f"backend '{chosen}' of: torch " in said and " ms" in said


def test_an_unknown_backend_is_named_beside_those_there_are(plan):
    with pytest.raises(Exception, match="'fuse' is not one of .*'fused'"):
        plan("--backend", "fuse")
