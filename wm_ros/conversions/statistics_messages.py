"""The statistics of planner and guard."""

from __future__ import annotations

from dataclasses import dataclass

from wm_interfaces.msg import CostTerm, GuardStatistics, PlannerStatistics

from wm_core.types import Plan
from wm_ros.conversions.times import seconds_to_time, time_to_seconds
from wm_ros.guard_logic import GuardCounts


@dataclass(frozen=True)
class PlanReport:
    """One plan and what it was made for. stamp, frame_age, deadline: s; counters since the node was configured."""

    plan: Plan
    goal_kind: str
    distance: float
    stamp: float
    frame_age: float
    deadline: float
    plans: int
    deadline_misses: int
    frame_id: str


def planner_statistics_message(report: PlanReport) -> PlannerStatistics:
    """Written once a plan."""
    plan = report.plan
    message = PlannerStatistics(
        goal_kind=report.goal_kind,
        terms=[CostTerm(name=term.name, value=float(term.value)) for term in plan.terms],
        cost=float(plan.cost),
        samples=plan.samples,
        horizon=len(plan.joint_path),
        iterations=plan.iterations,
        plan_ms=1e3 * plan.seconds,
        deadline_ms=1e3 * report.deadline,
        deadline_missed=bool(plan.deadline_missed),
        plans=report.plans,
        deadline_misses=report.deadline_misses,
        distance=float(report.distance),
        frame_age_ms=1e3 * report.frame_age,
    )
    message.header.stamp = seconds_to_time(report.stamp)
    message.header.frame_id = report.frame_id
    _explain(message, plan)
    return message


def _explain(message: PlannerStatistics, plan: Plan) -> None:
    why = plan.explanation
    if plan.uncertainty is not None:
        message.uncertainty = [float(value) for value in plan.uncertainty]
    message.realised_distance = message.foreseen_distance = float("nan")
    if why is None:
        return
    seen = why.considered
    message.scored, message.limited = seen.scored, seen.limited
    message.touching, message.invalid = seen.touching, seen.invalid
    message.realised_distance, message.foreseen_distance = float(why.realised), float(why.foreseen)
    if why.goal_distance is not None:
        message.goal_distance = [float(value) for value in why.goal_distance]


@dataclass(frozen=True)
class PlanSeen:
    """What the planner said of one plan. made: s, when it was ready."""

    kind: str
    made: float
    plan_ms: float
    frame_age_ms: float
    deadline_missed: bool


def plan_seen(message: PlannerStatistics) -> PlanSeen:
    """The part of the statistics that observers keep."""
    made = time_to_seconds(message.header.stamp)
    return PlanSeen(message.goal_kind, made, message.plan_ms, message.frame_age_ms, message.deadline_missed)


def guard_statistics_message(counts: GuardCounts, stamp: float) -> GuardStatistics:
    """stamp: s."""
    message = GuardStatistics(
        accepted=counts.accepted,
        clipped=counts.clipped,
        rejected=counts.rejected,
        holds=counts.holds,
        published_outside_limits=counts.published_outside_limits,
        last_reason=counts.last_reason,
    )
    message.header.stamp = seconds_to_time(stamp)
    return message


def guard_statistics_from_message(message: GuardStatistics) -> GuardCounts:
    """What the guard did so far."""
    return GuardCounts(
        message.accepted,
        message.clipped,
        message.rejected,
        message.holds,
        message.published_outside_limits,
        message.last_reason,
    )
