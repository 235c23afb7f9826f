"""Each detector stops a run by its own name, and only for what it detects."""

import pytest
import torch

from wm_core.config import LossConfig, ModelCardConfig, TrainingConfig, WorldModelConfig
from wm_core.training.collapse import collapse_message
from wm_core.training.diagnostics import Diagnostics, effective_rank

CARD = ModelCardConfig(training=TrainingConfig(steps=1000, warmup=100))
ALIVE = Diagnostics(
    prediction_ratio_first=0.3,
    prediction_ratio_last=0.1,
    shuffled_ratio=10.0,
    effective_rank=30.0,
    smallest_std=0.5,
    dead=0.0,
    metric_error=0.01,
    tool_probe_error=0.01,
    joint_probe_error=0.1,
    imagined_tool_error=0.01,
)


@pytest.mark.parametrize(
    "reading, detector",
    [
        ({"effective_rank": 1.4}, "'effective rank' reads 1.4, expected at least 2.0; raise loss.regularisation"),
        ({"dead": 0.6}, "'dead dimensions' reads 60 %, expected at most 50 %"),
        ({"prediction_ratio_last": 1.5}, "'persistence ratio' reads 1.50, expected at most 1.2"),
    ],
)
def test_a_detector_names_itself(reading, detector):
    assert collapse_message(ALIVE, CARD, 600) is None
    assert detector in collapse_message(ALIVE.model_copy(update=reading), CARD, 600)
    assert collapse_message(ALIVE.model_copy(update=reading), CARD, 50) is None  # still warming up


def test_the_predictor_is_given_half_of_the_run():
    poor = ALIVE.model_copy(update={"prediction_ratio_last": 1.5})
    assert collapse_message(poor, CARD, 500) is None
    assert collapse_message(poor, CARD, 501) is not None


def test_a_blind_predictor_may_be_poor():
    blind = CARD.model_copy(update={"model": WorldModelConfig(action_conditioned=False)})
    assert collapse_message(ALIVE.model_copy(update={"prediction_ratio_last": 1.5}), blind, 600) is None


def test_advice_depends_on_the_regulariser():
    training = CARD.training.model_copy(update={"loss": LossConfig(regulariser="ema")})
    message = collapse_message(ALIVE.model_copy(update={"dead": 1.0}), CARD.model_copy(update={"training": training}), 600)
    assert "raise loss.momentum" in message


def test_effective_rank_counts_directions():
    generator = torch.Generator().manual_seed(0)
    flat = torch.zeros(5000, 8)
    flat[:, :3] = torch.randn(5000, 3, generator=generator)
    assert effective_rank(flat) == pytest.approx(3.0, abs=0.02)
    assert effective_rank(flat.T[:, :100]) <= 3.0  # more dimensions than samples
    # Variances 1 and 1/4: shares 0.8 and 0.2, entropy 0.5004 nat, e^0.5004 = 1.649
    uneven = torch.randn(200_000, 2, generator=generator) * torch.tensor([1.0, 0.5])
    assert effective_rank(uneven) == pytest.approx(1.649, abs=0.01)
