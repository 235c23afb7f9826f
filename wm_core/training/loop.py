"""Trains a world model; one call of `train` is one run, new or resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from wm_core.config import ModelCardConfig, TrainingConfig, save_config
from wm_core.model.checkpoint import CONFIG, load_card
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.collapse import collapse_message
from wm_core.training.crew import Crew
from wm_core.training.dataset import Dataset
from wm_core.training.descent import TrainingError
from wm_core.training.diagnostics import Diagnostics, diagnose
from wm_core.training.learner import Learner, learning_rate
from wm_core.training.losses import LossTerms
from wm_core.training.origin import origin_of, require_same_origin, write_origin
from wm_core.training.probes import fit_probes
from wm_core.training.run_log import RunLog
from wm_core.training.sampler import WindowSampler
from wm_core.training.whole_steps import held_signals

__all__ = ["Progress", "TrainingError", "learning_rate", "train"]


@dataclass(frozen=True)
class Progress:
    """After one step. diagnostics: at checkpoints, else None."""

    step: int
    loss: LossTerms
    diagnostics: Diagnostics | None = None


def train(
    card: ModelCardConfig,
    dataset: Dataset,
    folder: Path,
    device: torch.device,
    crew: Crew = Crew(),
    readers: int = 0,
    start: JepaWorldModel | None = None,
) -> Iterator[Progress]:
    """Trains to `card.training.steps`, from the state in `folder` where there is one; yields after every step.

    A checkpoint is written every `checkpoint_every` steps, and when the consumer stops iterating or is interrupted: SIGINT
    and SIGTERM wait for the end of a step. After an error the last checkpoint stays. crew: the processes
    that share the work and a `folder`. readers: processes that read batches ahead, 0 for none. start: a trained
    model to begin with, None for random weights. A finished run yields nothing. Raises `TrainingError` on a collapsed or
    diverged model, or when `folder` holds a run of another configuration, on other data or begun with other weights.
    """
    origin = origin_of(dataset, start)
    if crew.leads:
        folder.mkdir(parents=True, exist_ok=True)
        _same_configuration(card, folder)
        require_same_origin(folder, origin)
    crew.wait()
    config = card.training
    seen, unseen = dataset.split()
    learner = Learner(card, seen, device, crew)
    done = saved = learner.load(folder)
    if not done:
        if start is not None:
            learner.start_from(start)
        if crew.leads:
            write_origin(folder, origin)
    if done >= config.steps:
        return
    length = card.model.history + config.rollout
    checker = WindowSampler(unseen, length, device)
    steps = range(done + 1, config.steps + 1)
    # Every process draws a share of its own, all of them together one batch.
    size, seed = crew.share(config.batch, config.loss.far_pairs), config.seed + (crew.rank << 32)
    batches = WindowSampler(seen, length, device, twins=config.loss.far_pairs).batches(size, seed, steps, readers)
    log = RunLog(folder, done) if crew.leads else None
    try:
        for step, windows in zip(steps, batches):
            with held_signals():
                loss, found = learner.learn(windows, step), None
                done = step
            if step % config.checkpoint_every == 0 or step == config.steps:
                if step == config.steps and crew.leads:
                    fit_probes(learner.model, seen, config)
                found = _diagnose(learner.model, checker, config)
            if log is not None:
                log.add(step, loss, learning_rate(config, step), found)
            if found is not None:
                _refuse_collapse(found, card, step)
                if crew.leads:
                    learner.save(folder, step)
                saved = step
            yield Progress(step, loss, found)
    except (GeneratorExit, KeyboardInterrupt):
        # After an error there is nothing worth keeping: NaN may be in the weights, or the model was refused. A run whose
        # last step was interrupted lacks its probes, and would be taken for finished.
        if crew.leads and saved < done < config.steps:
            learner.save(folder, done)
        raise
    finally:
        if log is not None:
            log.close()


def _diagnose(model: JepaWorldModel, checker: WindowSampler, config: TrainingConfig) -> Diagnostics:
    model.eval()
    # A seed apart from every training step's.
    return diagnose(model, checker.batch(256, config.seed, 2**31))


def _refuse_collapse(found: Diagnostics, card: ModelCardConfig, step: int) -> None:
    message = collapse_message(found, card, step)
    if message is not None:
        raise TrainingError(message)


def _same_configuration(card: ModelCardConfig, folder: Path) -> None:
    if not (folder / CONFIG).exists():
        save_config(card, folder / CONFIG)
        return
    there = load_card(folder)
    if (there.model, there.training) != (card.model, card.training):
        raise TrainingError(f"{folder} holds a run with another configuration; choose another folder or its {CONFIG}")
