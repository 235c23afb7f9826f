"""A run that was killed, interrupted or out of disk goes on from its last checkpoint and ends as the whole one does."""

import itertools
import os
import resource
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from wm_core.config import LossConfig
from wm_core.model.checkpoint import CheckpointError, load_world_model
from wm_core.training import learner, loop
from wm_core.training.loop import TrainingError, train
from wm_core.training.losses import LossTerms
from wm_core.training.run_log import RunLog
from wm_core.training.state import STATE

CPU = torch.device("cpu")


def test_a_killed_run_ends_as_the_whole_one_does(toy, data, tmp_path):
    toy.run(toy.CARD, data, tmp_path / "whole")
    for progress in train(toy.CARD, data, tmp_path / "killed", CPU):
        if progress.step == 7:  # not at a checkpoint
            break
    toy.run(toy.CARD, data, tmp_path / "killed")
    whole, killed = (load_world_model(tmp_path / name, CPU).state_dict() for name in ("whole", "killed"))
    for name, tensor in whole.items():
        torch.testing.assert_close(killed[name], tensor, rtol=0, atol=0, msg=name)


def test_a_killed_run_with_a_slow_target_ends_as_the_whole_one_does(toy, data, tmp_path):
    card = toy.changed(loss=LossConfig(regulariser="ema", momentum=0.9))
    toy.run(card, data, tmp_path / "whole")
    for progress in train(card, data, tmp_path / "killed", CPU):
        if progress.step == 7:
            break
    toy.run(card, data, tmp_path / "killed")
    whole, killed = (load_file(tmp_path / name / STATE) for name in ("whole", "killed"))
    assert any(name.startswith("target.") for name in whole)
    assert {name for name in whole if not torch.equal(whole[name], killed[name])} == set()


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
def test_a_signal_inside_a_step_waits_for_its_end(signals, toy, data, tmp_path, monkeypatch):
    toy.run(toy.CARD, data, tmp_path / "whole")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as `wm` has it
    try:
        with monkeypatch.context() as patched:
            # Between forward pass, which changes statistics of normalisation, and the step of the weights.
            interrupt_inside(patched, learner, "descend", 5, *signals)
            seen = []
            with pytest.raises(KeyboardInterrupt):
                seen.extend(train(toy.CARD, data, tmp_path / "killed", CPU))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [now.step for now in toy.run(toy.CARD, data, tmp_path / "killed")] == list(range(6, 13))  # nothing is done twice
    assert same_state(tmp_path / "whole", tmp_path / "killed")


def test_an_interrupt_while_the_probes_are_fitted_leaves_a_run_to_finish(toy, data, tmp_path, monkeypatch):
    toy.run(toy.CARD, data, tmp_path / "whole")
    with monkeypatch.context() as patched:
        interrupt_inside(patched, loop, "diagnose", 2, signal.SIGINT)  # at step 12 of 12
        with pytest.raises(KeyboardInterrupt):
            toy.run(toy.CARD, data, tmp_path / "killed")
    assert [now.step for now in toy.run(toy.CARD, data, tmp_path / "killed")] == list(range(7, 13))  # from the checkpoint at 6
    assert same_state(tmp_path / "whole", tmp_path / "killed")


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(toy, data, tmp_path, monkeypatch):
    steps, seen = train(toy.CARD, data, tmp_path, CPU), learner.augment
    for _ in range(7):  # one beyond the checkpoint
        next(steps)
    kept = load_world_model(tmp_path, CPU).state_dict()
    with monkeypatch.context() as broken:
        broken.setattr(learner, "augment", lambda *arguments: seen(*arguments) * float("nan"))
        with pytest.raises(TrainingError, match="the loss is nan at step 8"):
            next(steps)
    after = load_world_model(tmp_path, CPU).state_dict()  # it would refuse NaN
    assert all(torch.equal(after[name], kept[name]) for name in kept)
    assert [now.step for now in toy.run(toy.CARD, data, tmp_path)] == list(range(7, 13))


def test_a_full_disk_is_named_and_leaves_the_last_checkpoint(toy, data, tmp_path):
    toy.run(toy.changed(steps=6), data, tmp_path)
    (tmp_path / "config.yaml").unlink()
    before = {name: (tmp_path / name).read_bytes() for name in (STATE, "model.safetensors")}
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limit[1]))  # bytes a file: enough for curves, not for weights
    try:
        with pytest.raises(CheckpointError, match=f"cannot write .*{STATE}: .*too large"):
            toy.run(toy.CARD, data, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert not list(tmp_path.glob("*.partial"))
    toy.run(toy.CARD, data, tmp_path)
    load_world_model(tmp_path, CPU)


def test_a_damaged_state_is_named(toy, data, tmp_path):
    toy.run(toy.changed(steps=1), data, tmp_path)
    (tmp_path / STATE).write_bytes((tmp_path / STATE).read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=f"{STATE} is damaged .*; remove it to begin the run anew"):
        toy.run(toy.changed(steps=1), data, tmp_path)


def test_curves_are_whole_after_a_kill(toy, data, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for progress in train(toy.CARD, data, tmp_path, CPU):
        if progress.step == 11:
            break
    toy.run(toy.CARD, data, tmp_path)
    toy.run(toy.CARD, data, tmp_path)  # there is nothing left to do, and nothing more to write
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
