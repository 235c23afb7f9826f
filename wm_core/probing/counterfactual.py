"""Does the model know what causes what, and more of it than imitation does?"""

from __future__ import annotations

from collections.abc import Iterator

from wm_core.evaluation.wilson import wilson95
from wm_core.model.prior import GoalPolicy
from wm_core.model.world_model import JepaWorldModel
from wm_core.probing.branches import Brancher
from wm_core.probing.pairs import Answers, PairJudge
from wm_core.probing.result import Detector, at_least, reported
from wm_core.protocols import Environment
from wm_core.types import Focus

COUNTERFACTUAL, IMITATION = "counterfactual pairs", "action quality"
LIMIT = 0.85


def ask_pairs(
    model: JepaWorldModel, policy: GoalPolicy | None, environment: Environment, count: int, seed: int
) -> Iterator[list[Answers]]:
    """The answers of one case after the other."""
    judge = PairJudge(model, policy)
    for case in Brancher(environment, model).cases(count, seed):
        yield list(judge.answer(case))


def counterfactual_detectors(answers: list[Answers]) -> list[Detector]:
    """Shares of right answers, each with its 95 % interval; 0.5 is chance."""
    found = []
    for focus in Focus:
        asked = [answer for answer in answers if answer.focus is focus]
        if not asked:
            continue
        foreseen, detail = _share([answer.foreseen for answer in asked])
        name = f"{focus.value}: end foreseen closer is closer"
        found.append(at_least(COUNTERFACTUAL, name, foreseen, LIMIT, detail=detail))
        planned, detail = _share([answer.planned for answer in asked])
        name = f"{focus.value}: planner's cost picks the better"
        found.append(at_least(IMITATION, name, planned, LIMIT, detail=detail))
        copied = [answer.imitated for answer in asked if answer.imitated is not None]
        if copied:
            imitated, detail = _share(copied)
            name = f"{focus.value}: imitation's likelihood picks the better"
            found.append(reported(IMITATION, name, imitated, detail=detail))
    return sorted(found, key=lambda detector: detector.group != COUNTERFACTUAL)


def _share(right: list[bool]) -> tuple[float, str]:
    low, high = wilson95(sum(right), len(right))
    return sum(right) / len(right), f"95 % interval {low:.2f} to {high:.2f}, {len(right)} pairs, chance 0.5"
