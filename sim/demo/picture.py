"""The run on one page: for each goal where it began, what was asked, where it ended, and the way there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import matplotlib

matplotlib.use("Agg")  # no display needed; before pyplot is imported
from matplotlib import pyplot
from PIL import Image

from sim.demo.drive import GoalRecord
from wm_core.types import Handling

_SENT = {
    "image": "a picture, nothing else",
    "pose": "position and orientation",
    "joints": "seven joint angles",
    "object": "the part's position",
}
_GOOD, _BAD = "#2a7f3f", "#b3261e"


def draw_picture(records: Sequence[GoalRecord], path: Path) -> None:
    """Writes a PNG."""
    figure, rows = pyplot.subplots(
        len(records), 4, figsize=(11.0, 2.75 * len(records)), squeeze=False, width_ratios=(1, 1, 1, 1.7),
        layout="constrained",
    )
    for axes, record in zip(rows, records):
        _row(axes, record)
    for axes, title in zip(rows[0], ("start", "goal", "end", f"distance of the {records[0].demo.about} from its goal")):
        axes.set_title(title, fontsize=11, fontweight="bold")
    for axes in rows[:, 3]:
        axes.set_ylim(0.0, 105.0 * max(record.distances.max() for record in records))
    rows[-1][3].set_xlabel("s after the goal was sent")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
    # A palette makes it five times smaller; this method keeps rare colours, such as the cube's.
    palette = Image.open(path).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
    palette.save(path, optimize=True)


def _row(axes: Any, record: GoalRecord) -> None:
    demo, verdict = record.demo, record.verdict
    colour = _GOOD if verdict.reached else _BAD
    for place, image in zip(axes, (record.start_picture, demo.picture, record.end_picture)):
        place.imshow(image, interpolation="lanczos")
        place.set_xticks([])
        place.set_yticks([])
    axes[0].set_ylabel(demo.name, fontsize=11, fontweight="bold")
    lift = "; lift it" if demo.goal.handling is Handling.LIFT else ""
    axes[1].set_xlabel(f"sent: {_SENT[demo.goal.kind]}{lift}", fontsize=8)
    axes[2].set_xlabel(f"{100 * verdict.distance:.1f} cm from the goal", fontsize=9, color=colour, fontweight="bold")
    for side in axes[2].spines.values():
        side.set(color=colour, linewidth=2.5)
    limit = 100.0 * demo.tolerance
    axes[3].axhspan(0.0, limit, color=_GOOD, alpha=0.15, label=f"reached: within {limit:.0f} cm")
    axes[3].plot(record.times, 100.0 * record.distances, color=colour, linewidth=2)
    axes[3].set_xlim(left=0.0)
    axes[3].set_ylabel("cm")
    axes[3].grid(alpha=0.3)
    axes[3].legend(loc="upper right", fontsize=8, frameon=False)
