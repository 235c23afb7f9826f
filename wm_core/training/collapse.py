"""When to stop a run: detectors of a model that has stopped telling things apart."""

from __future__ import annotations

from wm_core.config import ModelCardConfig
from wm_core.training.diagnostics import Diagnostics

SMALLEST_RANK = 2.0  # a latent of fewer directions cannot tell where a tool is
MOST_DEAD = 0.5  # share of the latent's dimensions
WORST_RATIO = 1.2  # of the error of prediction to that of "nothing changes"; 1 and noise of held-out windows
SETTLED = 200  # steps before which no predictor can be judged, nor the statistics of its normalisation


def collapse_message(found: Diagnostics, card: ModelCardConfig, step: int) -> str | None:
    """What collapsed, which detector says so and what to do; None when the model is alive at this step."""
    if step <= max(card.training.warmup, card.training.steps // 10):
        return None  # a latent unfolds slowly: a good run was seen at rank 2 after 250 of 4800 steps, at 10 after 1750
    advice = "raise loss.regularisation"
    if card.training.loss.regulariser == "ema":
        advice = "raise loss.momentum, or choose loss.regulariser sigreg"
    if found.effective_rank < SMALLEST_RANK:
        reading = f"{found.effective_rank:.1f}, expected at least {SMALLEST_RANK}"
        return f"the latent collapsed: detector 'effective rank' reads {reading}; {advice}"
    if found.dead > MOST_DEAD:
        reading = f"{100 * found.dead:.0f} %, expected at most {100 * MOST_DEAD:.0f} %"
        return f"the latent collapsed: detector 'dead dimensions' reads {reading}; {advice}"
    # Half way, what an action does must show; blind models are meant to be compared, however poor they are.
    late = step >= SETTLED and 2 * step > card.training.steps
    if late and card.model.action_conditioned and found.prediction_ratio_last > WORST_RATIO:
        reading = f"{found.prediction_ratio_last:.2f}, expected at most {WORST_RATIO}"
        return (
            f"the predictor collapsed: detector 'persistence ratio' reads {reading}: it predicts worse than "
            "'nothing changes'; lower the learning rate or look at the data"
        )
    return None
