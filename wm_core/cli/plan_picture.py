"""Draws what a plan was chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from wm_core.types import Goal, Observation, Plan

SIDE, GAP, EDGE = 240, 6, 24  # px: of a panel, between panels, inside a panel
_CHOSEN, _OTHER, _INK, _DOUBT = (200, 40, 30), (150, 170, 200), (60, 60, 60), (230, 180, 60)  # RGB
_ROOM = 0.03  # m around what is drawn


def plan_picture(plan: Plan, observation: Observation, goal: Goal) -> np.ndarray:
    """-> (h, w, 3) uint8 RGB: what is seen, the goal's picture if it has one, tool paths from above and from the side, and how
    far the goal is imagined to be after every step."""
    panels = [_shown(observation.image, "now")]
    if goal.image is not None:
        panels.append(_shown(goal.image, "goal"))
    panels += [_paths(plan, (1, 0), "from above: y, x"), _paths(plan, (0, 2), "from the side: x, z"), _steps(plan)]
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    return np.concatenate([part for panel in panels for part in (panel, gap)][:-1], axis=1)


def write_plan_picture(path: Path, plan: Plan, observation: Observation, goal: Goal) -> None:
    """A PNG. Raises `OSError` where it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(plan_picture(plan, observation, goal), cv2.COLOR_RGB2BGR))
    assert done  # an 8-bit picture in memory always has a PNG
    path.write_bytes(encoded.tobytes())


def _shown(image: np.ndarray, title: str) -> np.ndarray:
    smaller = min(image.shape[:2]) > SIDE
    return _titled(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), title)


def _paths(plan: Plan, axes: tuple[int, int], title: str) -> np.ndarray:
    """axes: of the base frame that go right and up. One scale along both."""
    others = plan.explanation.alternatives if plan.explanation is not None else ()
    lines = [other.tool_path for other in others] + [plan.tool_path]
    flat = np.concatenate(lines)[:, axes]
    middle, span = 0.5 * (flat.min(0) + flat.max(0)), float(np.ptp(flat, axis=0).max()) + 2.0 * _ROOM
    panel, scale = np.full((SIDE, SIDE, 3), 255, np.uint8), (SIDE - 2 * EDGE) / span
    for line, colour, width in zip(lines, [_OTHER] * len(others) + [_CHOSEN], [1] * len(others) + [2]):
        right, up = ((line[:, axes] - middle) * scale).T
        points = np.stack([0.5 * SIDE + right, 0.5 * SIDE - up], axis=-1).round().astype(np.int32)
        cv2.polylines(panel, [points], False, colour, width, cv2.LINE_AA)
        cv2.circle(panel, tuple(points[-1].tolist()), 3, colour, -1, cv2.LINE_AA)
    return _titled(panel, f"{title}; {100 * span:.0f} cm wide")


def _steps(plan: Plan) -> np.ndarray:
    """Distance to the goal as a line, doubt as bars below it, both in m on one scale."""
    panel = np.full((SIDE, SIDE, 3), 255, np.uint8)
    distance = None if plan.explanation is None else plan.explanation.goal_distance
    known = [values for values in (distance, plan.uncertainty) if values is not None]
    if not known:
        return _titled(panel, "nothing was imagined")
    largest, horizon = max(float(np.max(values)) for values in known) or 1.0, len(plan.joint_path)
    columns = np.linspace(EDGE, SIDE - EDGE, horizon)
    if plan.uncertainty is not None:
        for column, value in zip(columns, _rows(plan.uncertainty, largest)):
            cv2.line(panel, (round(column), SIDE - EDGE), (round(column), round(value)), _DOUBT, 4)
    if distance is not None:
        points = np.stack([columns, _rows(distance, largest)], axis=-1).round().astype(np.int32)
        cv2.polylines(panel, [points], False, _CHOSEN, 2, cv2.LINE_AA)
    return _titled(panel, f"to goal (line), doubt (bars); up to {largest:.2f} m")


def _rows(values: Sequence[float], largest: float) -> np.ndarray:
    return SIDE - EDGE - np.asarray(values) / largest * (SIDE - 2 * EDGE)


def _titled(panel: np.ndarray, title: str) -> np.ndarray:
    panel = np.ascontiguousarray(panel)
    panel[:16] = 255
    cv2.putText(panel, title, (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.36, _INK, 1, cv2.LINE_AA)
    return panel
