"""What a gate watches and where it stops: `gate.yaml` or `gate_watch.yaml` beside a model."""

from __future__ import annotations

from pydantic import Field

from wm_core.config import Strict

# In the order in which they are reported: name -> what it is, its unit.
SIGNALS: dict[str, tuple[str, str]] = {
    "intrusion": ("part of the picture is not as it ever was with the tool there: something came in", "x usual"),
    "watch": ("part of a watch camera's picture is not as it ever was with the tool there: something came in", "x usual"),
    "reading": ("the tool read from the picture lies farther off the measured joints' than it does there", "x usual"),
    "offset": ("the tool read from the picture has lain off the measured joints' for a while", "x usual"),
    "surprise": ("the picture is not what the last action should have led to", "m"),
    "latent_surprise": ("the latent is not what the last action should have led to", "std"),
    "novelty": ("the latent is far from those of the training data", "std"),
    "picture": ("colours or textures are far from those of the training data", "std"),
    "disagreement": ("the predictors disagree on what the last action leads to", "m"),
}
# Not smoothed: a forearm that comes in is beside the arm within two moments.
SUDDEN = frozenset({"intrusion", "watch"})


class Thresholds(Strict):
    """Where each smoothed signal stops the arm, in the unit of `SIGNALS`; None: that signal is not watched."""

    intrusion: float | None = Field(None, gt=0.0)
    watch: float | None = Field(None, gt=0.0)
    reading: float | None = Field(None, gt=0.0)
    offset: float | None = Field(None, gt=0.0)
    surprise: float | None = Field(None, gt=0.0)
    latent_surprise: float | None = Field(None, gt=0.0)
    novelty: float | None = Field(None, gt=0.0)
    picture: float | None = Field(None, gt=0.0)
    disagreement: float | None = Field(None, gt=0.0)

    def watched(self) -> dict[str, float]:
        """Signal -> threshold, those that are watched."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class GateConfig(Strict):
    """Thresholds, and what they were fitted to.

    window: frames that a signal is smoothed over (median: a minority of outliers does not stop), but for those of
    `SUDDEN`. offset_window: frames of the slow signal. false_stops: share of clean episodes that may stop, as asked for.
    views: cameras that look for what comes in, the model's first. episodes: that the thresholds were fitted on, of
    `steps` actions each; longer runs stop more often. checked, stopped: further clean episodes, and how many of them
    stopped. model_sha256: the weights that this is for.
    """

    thresholds: Thresholds
    window: int = Field(3, ge=1, le=15)
    offset_window: int = Field(8, ge=1, le=50)
    false_stops: float = Field(0.01, gt=0.0, lt=0.5)
    views: int = Field(1, ge=1)
    episodes: int = Field(ge=1)
    steps: int = Field(ge=1)
    checked: int = Field(ge=1)
    stopped: int = Field(ge=0)
    model_sha256: str = ""
