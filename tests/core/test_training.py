"""A training run learns, survives a kill with the same result, and says why it refuses."""

import itertools
import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from wm_core.config import LossConfig, ModelCardConfig, TrainingConfig, WorldModelConfig
from wm_core.model.checkpoint import CheckpointError, load_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.training import learner, loop
from wm_core.training.dataset import Dataset, open_dataset, open_datasets
from wm_core.training.fit import FitError, check_fit, fitting_card
from wm_core.training.hdf5_shard import Episode, shard_path, write_shard
from wm_core.training.loop import Progress, TrainingError, learning_rate, train
from wm_core.training.losses import LossTerms
from wm_core.training.manifest import Manifest, write_manifest
from wm_core.training.origin import ORIGIN
from wm_core.training.run_log import RunLog
from wm_core.training.state import STATE

CPU = torch.device("cpu")
CARD = ModelCardConfig(
    model=WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(8, 16), hidden=64, dropout=0.1),
    training=TrainingConfig(batch=16, rollout=2, steps=12, warmup=2, checkpoint_every=6, precision="fp32", probe_steps=20),
)


def episode(random: np.random.Generator, steps: int, gripper: bool) -> Episode:
    """A bright square on a dark picture; the action moves it, a pixel is 1 cm.

    With a gripper there is an object too, a dim bar: a closed hand carries it along, wherever it is.
    """
    images = np.zeros((steps + 1, 3, 32, 32), np.uint8)
    tool, thing = np.zeros((steps + 1, 3)), np.zeros((steps + 1, 3))
    actions, carried = np.zeros((steps, 3 + gripper)), np.zeros((steps, 3))
    opening = np.zeros(steps + 1)
    place, bar, shut = random.integers(4, 24, 2), random.integers(8, 20), bool(random.integers(2))
    for step in range(steps + 1):
        images[step, 1, :, bar : bar + 3] = 160 * gripper
        images[step, :, place[1] : place[1] + 5, place[0] : place[0] + 5] = 200 if gripper and shut else 255
        tool[step, :2], thing[step, 0], opening[step] = 0.01 * place, 0.01 * bar, gripper * 0.08 * (not shut)
        if step == steps:
            break
        after = np.clip(place + random.integers(-4, 5, 2), 2, 26)
        actions[step, :2] = 0.01 * (after - place)
        if gripper and shut:
            new = int(np.clip(bar + after[0] - place[0], 2, 26))
            carried[step, 0], bar = 0.01 * (new - bar), new
        if gripper:
            actions[step, 3] = random.integers(-1, 2)
            shut = shut if actions[step, 3] == 0 else actions[step, 3] < 0
        place = after
    joints = np.repeat(tool, 3, axis=-1)[:, :7]
    touch = np.any(carried != 0, axis=-1)
    numbers = (joints, opening, tool, thing, actions, carried, touch)
    return Episode(images, *(values.astype(np.float32) for values in numbers))


def moving_square(folder: Path, episodes: int = 12, steps: int = 8, gripper: bool = False) -> Dataset:
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    write_manifest(folder, Manifest(environment="toy", steps=steps, image_size=32, gripper=gripper))
    write_shard(shard_path(folder, 0), [episode(random, steps, gripper) for _ in range(episodes)], list(range(episodes)))
    return open_dataset(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Dataset:
    return moving_square(tmp_path_factory.mktemp("toy") / "data")


def run(card: ModelCardConfig, dataset: Dataset, folder: Path) -> list[Progress]:
    return list(train(card, dataset, folder, CPU))


def changed(model: dict | None = None, **training) -> ModelCardConfig:
    return ModelCardConfig(
        model=WorldModelConfig(**(CARD.model.model_dump() | (model or {}))),
        training=TrainingConfig(**(CARD.training.model_dump() | training)),
    )


def test_a_killed_run_ends_as_the_whole_one_does(data, tmp_path):
    run(CARD, data, tmp_path / "whole")
    for progress in train(CARD, data, tmp_path / "killed", CPU):
        if progress.step == 7:  # not at a checkpoint
            break
    run(CARD, data, tmp_path / "killed")
    whole, killed = (load_world_model(tmp_path / name, CPU).state_dict() for name in ("whole", "killed"))
    for name, tensor in whole.items():
        torch.testing.assert_close(killed[name], tensor, rtol=0, atol=0, msg=name)


def interrupt_inside(monkeypatch, owner: object, name: str, call: int, *signals: int) -> None:
    """This process is sent the signals in the midst of that call of a function that training calls once a step."""
    inner, calls = getattr(owner, name), itertools.count(1)

    def interrupted(*arguments, **options):
        if next(calls) == call:
            for number in signals:
                os.kill(os.getpid(), number)
        return inner(*arguments, **options)

    monkeypatch.setattr(owner, name, interrupted)


def same_state(one: Path, other: Path) -> bool:
    states = [load_file(folder / STATE) for folder in (one, other)]
    return states[0].keys() == states[1].keys() and all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGINT, signal.SIGINT, signal.SIGTERM)], ids=str)
def test_a_signal_inside_a_step_waits_for_its_end(signals, data, tmp_path, monkeypatch):
    run(CARD, data, tmp_path / "whole")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as `wm` has it
    try:
        with monkeypatch.context() as patched:
            # Between forward pass, which changes statistics of normalisation, and the step of the weights.
            interrupt_inside(patched, learner, "descend", 5, *signals)
            seen = []
            with pytest.raises(KeyboardInterrupt):
                seen.extend(train(CARD, data, tmp_path / "killed", CPU))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [now.step for now in run(CARD, data, tmp_path / "killed")] == list(range(6, 13))  # nothing is done twice
    assert same_state(tmp_path / "whole", tmp_path / "killed")


def test_an_interrupt_while_the_probes_are_fitted_leaves_a_run_to_finish(data, tmp_path, monkeypatch):
    run(CARD, data, tmp_path / "whole")
    with monkeypatch.context() as patched:
        interrupt_inside(patched, loop, "diagnose", 2, signal.SIGINT)  # at step 12 of 12
        with pytest.raises(KeyboardInterrupt):
            run(CARD, data, tmp_path / "killed")
    assert [now.step for now in run(CARD, data, tmp_path / "killed")] == list(range(7, 13))  # from the checkpoint at 6
    assert same_state(tmp_path / "whole", tmp_path / "killed")


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(data, tmp_path, monkeypatch):
    steps, seen = train(CARD, data, tmp_path, CPU), learner.augment
    for _ in range(7):  # one beyond the checkpoint
        next(steps)
    kept = load_world_model(tmp_path, CPU).state_dict()
    with monkeypatch.context() as broken:
        broken.setattr(learner, "augment", lambda *arguments: seen(*arguments) * float("nan"))
        with pytest.raises(TrainingError, match="the loss is nan at step 8"):
            next(steps)
    after = load_world_model(tmp_path, CPU).state_dict()  # it would refuse NaN
    assert all(torch.equal(after[name], kept[name]) for name in kept)
    assert [now.step for now in run(CARD, data, tmp_path)] == list(range(7, 13))


@pytest.mark.timeout(400)  # seconds, minutes on a machine that is busy otherwise
def test_a_run_begins_with_the_weights_it_is_given(data, tmp_path):
    run(CARD, data, tmp_path / "first")
    first = load_world_model(tmp_path / "first", CPU)
    # One step at a learning rate of 1e-9 moves no weight by more than that, times the warm-up's half.
    card = changed(steps=1, learning_rate=1e-9)
    list(train(card, data, tmp_path / "second", CPU, start=first))
    second = load_world_model(tmp_path / "second", CPU)
    torch.testing.assert_close(second.metric.map.weight, first.metric.map.weight, rtol=0, atol=1e-8)
    with pytest.raises(TrainingError, match="another architecture"):
        list(train(changed({"hidden": 48}), data, tmp_path / "third", CPU, start=first))


def test_training_learns_what_an_action_moves(tmp_path):
    # 120 steps of a toy take seconds; held-out metric error begins at the spread of the displacements, about 3 cm
    # (uniform in -4..4 px on two axes over 3 moves: std 2.6 px * sqrt(3) * sqrt(2) = 6.3 cm at most).
    card = changed(steps=120, checkpoint_every=120, warmup=20, learning_rate=3e-3)
    found = run(card, moving_square(tmp_path / "data", 60), tmp_path / "run")[-1].diagnostics
    assert found.metric_error < 0.02
    assert found.imagined_tool_error < 0.025  # over the two imagined moves
    assert found.prediction_ratio_last < 0.7
    assert found.shuffled_ratio > 1.5


OBJECTS = {"gripper": True, "objects": True, "action_dim": 4}
GRID = {"latent": "grid", "predictor": "conv", "visual_dim": 8 * 8 * 8}


@pytest.mark.timeout(400)  # seconds, minutes on a machine that is busy otherwise
def test_a_model_learns_what_it_carries(tmp_path):
    dataset = moving_square(tmp_path / "data", 60, gripper=True)
    card = changed(OBJECTS | GRID, steps=60, checkpoint_every=60, warmup=20, learning_rate=3e-3, probe_steps=30)
    found = run(card, dataset, tmp_path / "run")[-1].diagnostics
    # A closed hand takes the bar along one axis by up to 4 cm a step; before training the error is what it moved.
    moved = dataset.object[:, 3:] - dataset.object[:, :-3]
    still = float(np.sqrt(np.square(moved).sum(-1).mean()))
    assert found.object_error < 0.75 * still and found.carried_error < 0.75 * still and found.imagined_object_error < still
    assert found.gripper_error < 0.03  # of a stroke of 8 cm
    assert found.object_probe_error < 0.02


def test_nothing_but_the_probe_is_told_where_objects_are(tmp_path):
    dataset = moving_square(tmp_path / "data", gripper=True)
    run(changed(OBJECTS), dataset, tmp_path / "true")
    dataset.object[:] = np.random.default_rng(1).normal(size=dataset.object.shape)
    run(changed(OBJECTS), dataset, tmp_path / "other")
    true, other = (load_world_model(tmp_path / name, CPU).state_dict() for name in ("true", "other"))
    different = {name.split(".")[0] for name, tensor in true.items() if not torch.equal(tensor, other[name])}
    assert different == {"object_probe"}


def test_a_folder_of_another_run_is_left_alone(data, tmp_path):
    next(train(CARD, data, tmp_path, CPU))
    other = CARD.model_copy(update={"training": CARD.training.model_copy(update={"seed": 9})})
    with pytest.raises(TrainingError, match="another configuration"):
        next(train(other, data, tmp_path, CPU))


def test_a_run_goes_on_with_its_own_data_alone(data, tmp_path):
    next(train(CARD, data, tmp_path / "run", CPU))
    with pytest.raises(TrainingError, match=r"another run: it began on .*/data, now on .*/data, .*/two;"):
        two = moving_square(tmp_path / "two")
        next(train(CARD, open_datasets([Path(data.sources[0].folder), tmp_path / "two"]), tmp_path / "run", CPU))
    # The same episodes elsewhere, and rewritten by other packages, are the same.
    write_manifest(tmp_path / "two", two.manifest.model_copy(update={"packages": {"numpy": ("9.9",)}}))
    steps = [now.step for now in train(CARD, open_dataset(tmp_path / "two"), tmp_path / "run", CPU)]
    assert steps == list(range(2, 13))
    # Others of the same settings are not, nor is a collection that went on.
    random = np.random.default_rng(1)
    write_shard(shard_path(tmp_path / "two", 0), [episode(random, 8, False) for _ in range(12)], list(range(12)))
    with pytest.raises(TrainingError, match=r"dataset .*/two \(12 episodes\) is not what .*/data was when it began \(12 episodes\)"):
        next(train(CARD, open_dataset(tmp_path / "two"), tmp_path / "run", CPU))
    write_shard(shard_path(tmp_path / "two", 1), [episode(random, 8, False)], [12])
    with pytest.raises(TrainingError, match=r"dataset .*/two \(13 episodes\) is not what .*/data was when it began \(12 episodes\)"):
        next(train(CARD, open_dataset(tmp_path / "two"), tmp_path / "run", CPU))


def test_a_run_goes_on_with_its_own_start_alone(data, tmp_path):
    torch.manual_seed(3)
    one, other = JepaWorldModel(CARD.model), JepaWorldModel(CARD.model)
    next(train(CARD, data, tmp_path / "run", CPU, start=one))
    next(train(CARD, data, tmp_path / "run", CPU, start=one))
    with pytest.raises(TrainingError, match="it began with trained weights [0-9a-f]{12}, now with trained weights"):
        next(train(CARD, data, tmp_path / "run", CPU, start=other))
    with pytest.raises(TrainingError, match="now with random weights"):
        next(train(CARD, data, tmp_path / "run", CPU))


def test_a_run_of_before_there_was_a_record_goes_on(data, tmp_path):
    for progress in train(CARD, data, tmp_path / "run", CPU):
        if progress.step == 11:
            break
    (tmp_path / "run" / ORIGIN).unlink()
    other = moving_square(tmp_path / "other", 20)
    assert [progress.step for progress in train(CARD, other, tmp_path / "run", CPU)] == [12]
    assert not (tmp_path / "run" / ORIGIN).exists()  # nobody knows


@pytest.mark.parametrize("kind", ["sigreg", "vicreg", "ema"])
def test_every_regulariser_keeps_the_latent_apart(kind, data, tmp_path):
    # Prediction alone is content with a constant: this toy then ends at an effective rank of about 1.8.
    loss = LossConfig(regulariser=kind, regularisation=0.2, inverse_dynamics=0.0)
    card = changed(steps=60, checkpoint_every=60, warmup=20, learning_rate=3e-3, loss=loss, probe_steps=1)
    assert run(card, data, tmp_path)[-1].diagnostics.effective_rank > 2.5


def test_without_a_regulariser_the_latent_collapses_and_the_run_stops(data, tmp_path):
    loss = LossConfig(regularisation=0.0, inverse_dynamics=0.0)
    card = changed(steps=60, checkpoint_every=60, warmup=20, learning_rate=3e-3, loss=loss, probe_steps=1)
    for _ in range(2):  # a run that was refused at its last step is refused again, not taken for finished
        with pytest.raises(TrainingError, match="the latent collapsed: detector 'effective rank' reads"):
            run(card, data, tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_killed_run_with_a_slow_target_ends_as_the_whole_one_does(data, tmp_path):
    card = changed(loss=LossConfig(regulariser="ema", momentum=0.9))
    run(card, data, tmp_path / "whole")
    for progress in train(card, data, tmp_path / "killed", CPU):
        if progress.step == 7:
            break
    run(card, data, tmp_path / "killed")
    whole, killed = (load_file(tmp_path / name / STATE) for name in ("whole", "killed"))
    assert any(name.startswith("target.") for name in whole)
    assert {name for name in whole if not torch.equal(whole[name], killed[name])} == set()


def test_a_full_disk_is_named_and_leaves_the_last_checkpoint(data, tmp_path):
    run(changed(steps=6), data, tmp_path)
    (tmp_path / "config.yaml").unlink()
    before = {name: (tmp_path / name).read_bytes() for name in (STATE, "model.safetensors")}
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limit[1]))  # bytes a file: enough for curves, not for weights
    try:
        with pytest.raises(CheckpointError, match=f"cannot write .*{STATE}: .*too large"):
            run(CARD, data, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert not list(tmp_path.glob("*.partial"))
    run(CARD, data, tmp_path)
    load_world_model(tmp_path, CPU)


def test_a_damaged_state_is_named(data, tmp_path):
    run(changed(steps=1), data, tmp_path)
    (tmp_path / STATE).write_bytes((tmp_path / STATE).read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=f"{STATE} is damaged .*; remove it to begin the run anew"):
        run(changed(steps=1), data, tmp_path)


def test_the_slow_target_is_an_average_over_steps(data, tmp_path):
    card = changed(loss=LossConfig(regulariser="ema", momentum=1.0))  # it never follows
    run(card, data, tmp_path)
    state = load_file(tmp_path / STATE)
    torch.manual_seed(card.training.seed)
    start = JepaWorldModel(card.model).encoder.project.weight
    torch.testing.assert_close(state["target.project.weight"], start.detach(), rtol=0, atol=0)
    assert not torch.equal(state["model.encoder.project.weight"], start)


@pytest.mark.parametrize(
    "model", [GRID, GRID | {"predictor": "mlp"}, {"ensemble": 3}, {"action_conditioned": False}, {"visual_dim": 8192}], ids=str
)
def test_every_architecture_trains_and_loads(model, data, tmp_path):
    card = changed(model, steps=2, checkpoint_every=2, batch=2, probe_steps=1)
    done = run(card, data, tmp_path)
    assert done[-1].loss.total.isfinite() and done[-1].diagnostics is not None
    loaded = load_world_model(tmp_path, CPU)
    latent = torch.zeros(2, card.model.visual_dim + card.model.joint_dim)
    assert loaded.rollout(latent, torch.zeros(5, 3, 3)).shape == (5, 3, *latent.shape)


def test_curves_are_whole_after_a_kill(data, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for progress in train(CARD, data, tmp_path, CPU):
        if progress.step == 11:
            break
    run(CARD, data, tmp_path)
    run(CARD, data, tmp_path)  # there is nothing left to do, and nothing more to write
    curves = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    # A point every 10 steps and at checkpoints, which come every 6; steps 12 and later are of the second run.
    assert [point.step for point in curves.Scalars("loss/total")] == [6, 10, 12]
    assert [point.step for point in curves.Scalars("diagnostics/effective_rank")] == [6, 12]


def test_what_a_killed_run_wrote_too_much_is_hidden(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    loss = LossTerms(*torch.ones(4))
    for done, last in ((0, 50), (20, 30)):  # killed after step 50, its last checkpoint at 20; then on to 30
        log = RunLog(tmp_path, done)
        for step in range(done + 1, last + 1):
            log.add(step, loss, 0.1, None)
        log.close()
    curves = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [point.step for point in curves.Scalars("loss/total")] == [10, 20, 30]


def test_reading_ahead_changes_nothing(data, tmp_path):
    run(CARD, data, tmp_path / "plain")
    for _ in train(CARD, data, tmp_path / "ahead", CPU, readers=1):
        pass
    plain, ahead = (load_world_model(tmp_path / name, CPU).state_dict() for name in ("plain", "ahead"))
    assert {name for name in plain if not torch.equal(plain[name], ahead[name])} == set()


def test_a_model_is_made_to_fit_the_dataset(data, tmp_path):
    check_fit(CARD.model, data)
    with pytest.raises(FitError, match="image_size is 32, the model's 64"):
        check_fit(WorldModelConfig(), data)
    moving = fitting_card(data)
    check_fit(moving.model, data)
    carrying = fitting_card(moving_square(tmp_path / "data", gripper=True))
    model = carrying.model
    assert (model.gripper, model.objects, model.action_dim, model.image_size) == (True, True, 4, 32)
    assert not moving.model.objects
    # All else is as in the shipped models, but for what later stages and other data made of those.
    assert (moving.planner.samples, moving.training.steps, moving.model.keypoints) == (32, 3000, 32)
    assert (carrying.planner.horizon, carrying.training.steps, carrying.model.ensemble) == (12, 7000, 3)
    assert (carrying.refine, carrying.prior, carrying.model.touch) == (None, None, False)


def test_plans_of_a_model_stay_where_the_tool_was_in_its_data(data):
    box = fitting_card(data).workspace
    lower, upper = data.tool.min((0, 1)), data.tool.max((0, 1))
    wide = upper - lower > 0.01  # along the others a centimetre is left to plan in
    assert np.array(box.lower)[wide] == pytest.approx(lower[wide], abs=1e-4)
    assert np.array(box.upper)[wide] == pytest.approx(upper[wide], abs=1e-4)
    assert (np.array(box.upper) - box.lower >= 0.0099).all()


def test_bf16_trains(data, tmp_path):
    assert run(changed(precision="bf16", steps=2), data, tmp_path)[-1].loss.total.isfinite()


def test_the_learning_rate_warms_up_and_decays():
    config = TrainingConfig(learning_rate=1.0, warmup=10, steps=110)
    assert learning_rate(config, 5) == pytest.approx(0.5)
    assert learning_rate(config, 10) == pytest.approx(1.0)
    assert learning_rate(config, 60) == pytest.approx(0.505)  # half way: 0.01 + 0.99 * 0.5
    assert learning_rate(config, 110) == pytest.approx(0.01)
