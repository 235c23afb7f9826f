"""Goals that no picture shows: an object at a position, and one that is to be lifted there."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from wm_core.config import ObjectiveWeights, PlannerConfig, StandstillConfig
from wm_core.planning import MpcPlanner
from wm_core.types import Focus, Goal, Handled, Handling, Phase, PlannerState

QUICK = PlannerConfig(samples=32, horizon=4, iterations=2, deadline=60.0)
THOROUGH = PlannerConfig(samples=128, horizon=5, deadline=60.0)
PART, PLACE = np.array([0.5, 0.0, 0.045]), np.array([0.5, 0.12, 0.045])


class Listening:
    """A prior that knows nothing and notes what it is asked."""

    def __init__(self):
        self.asked = []

    def propose(self, latent, goal, focus, count, generator):
        self.asked.append((goal, focus))
        return torch.zeros(1, 4, 4), torch.zeros(count, 4, 4)


@pytest.fixture
def planner(robot, arm, fakes):
    def make(config=QUICK, kind=fakes.GoalMakingWorldModel, prior=None, part=PART, **options):
        return MpcPlanner(robot, arm, config, kind(arm, part, **options), threads=1, prior=prior)

    return make


def terms(plan):
    return {term.name for term in plan.terms}


def test_a_position_is_a_goal_about_the_object_that_a_prior_is_asked_about(planner, fakes, home):
    prior = Listening()
    # Read 1 cm off: the way is from where it is read to be, and so the made goal is as much off.
    plan, _ = planner(prior=prior, read=(0.01, 0.0, 0.0)).plan([fakes.observe(home, 0.0)] * 2, Goal(object_position=PLACE), PlannerState(0))
    goal, focus = prior.asked[0]
    assert focus is Focus.OBJECT
    torch.testing.assert_close(goal[3:6], torch.tensor(PLACE - [0.01, 0.0, 0.0], dtype=torch.float32))
    assert "goal_latent" in terms(plan) and "goal_object" not in terms(plan)
    assert plan.explanation.realised == pytest.approx(np.linalg.norm(PLACE - PART - [0.01, 0.0, 0.0]), abs=1e-6)


def test_a_made_goal_that_weighs_nothing_is_explained_without_a_distance(planner, fakes, home):
    light = QUICK.model_copy(update={"weights": ObjectiveWeights(goal_latent=0.0)})
    plan, _ = planner(light).plan([fakes.observe(home, 0.0)] * 2, Goal(object_position=PLACE), PlannerState(0))
    assert plan.explanation.goal_distance is None and "goal_latent" not in terms(plan)


def test_a_model_that_makes_no_goals_is_planned_on_as_before(planner, fakes, home):
    prior = Listening()
    one = planner(kind=fakes.GraspingWorldModel, prior=prior)
    plan, _ = one.plan([fakes.observe(home, 0.0)] * 2, Goal(object_position=PLACE), PlannerState(0))
    assert "goal_object" in terms(plan) and "goal_latent" not in terms(plan) and not prior.asked


def test_an_arm_that_stands_before_a_position_leaves(planner, fakes, home, arm):
    watchful = QUICK.model_copy(update={"standstill": StandstillConfig(patience=1.0, leave=0.6)})
    far = arm.forward(home).position + [0.0, 0.0, -0.4]  # a part out of reach
    one, state = planner(watchful, part=far), PlannerState(0)
    goal = Goal(object_position=far + [0.1, 0.0, 0.0])
    for row in range(6):
        plan, state = one.plan([fakes.observe(home, 0.2 * row)] * 2, goal, state)
    assert plan.gripper[:3].tolist() == [1.0, 1.0, 1.0]
    assert plan.tool_path[2][2] - arm.forward(home).position[2] > 0.08


@pytest.mark.parametrize("focus", list(Focus))
def test_a_picture_is_planned_for_as_by_a_model_that_makes_no_goals(planner, fakes, home, focus):
    class Mute(fakes.GoalMakingWorldModel):
        makes_goals = False

    goal = Goal(image=fakes.goal_image(PLACE), focus=focus)
    plans = [planner(kind=kind).plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(0))[0] for kind in (fakes.GoalMakingWorldModel, Mute)]
    assert np.array_equal(plans[0].joint_path, plans[1].joint_path) and plans[0].cost == plans[1].cost


def test_what_a_rehearsed_position_costs_is_the_way_that_is_left(planner, fakes, home, arm):
    controls = np.zeros((1, 2, 4))
    seen = planner().rehearse([fakes.observe(home, 0.0)] * 2, Goal(object_position=PLACE), controls)
    # Nothing moves: 12 cm are left, and as an end each moment counts twice.
    assert seen.costs[0].tolist() == pytest.approx([0.24, 0.24], abs=1e-6)
    assert seen.object_way.tolist() == pytest.approx([0.0, 0.12, 0.0], abs=1e-6)


def test_lifting_needs_a_model_that_can_be_told_how(planner, fakes, home):
    for kind in (fakes.GraspingWorldModel, lambda arm, part: fakes.LinearWorldModel(arm)):
        with pytest.raises(ValueError, match="is to be lifted: expected a world model of objects and a gripper"):
            planner(kind=kind).plan([fakes.observe(home, 0.0)] * 2, Goal(object_position=PLACE, handling=Handling.LIFT), PlannerState(0))


def test_the_hand_waits_for_its_fingers(planner, fakes, arm, home):
    one = planner(part=arm.forward(home).position)
    goal = Goal(object_position=PLACE, handling=Handling.LIFT)
    seen = [replace(fakes.observe(home, 0.2), gripper=0.08)] * 2
    plan, state = one.plan(seen, goal, PlannerState(0, handled=Handled(Phase.CLOSE, 0.1)))
    assert state.handled.phase is Phase.CLOSE and plan.gripper[0] == -1.0
    assert np.linalg.norm(plan.tool_path[0] - arm.forward(home).position) < 1e-3


class Table:
    """Does the first step of every plan: fingers that close within 2 cm of the part hold it; what is let go falls."""

    def __init__(self, fakes, planner, arm, joints):
        self._fakes, self._planner, self._arm = fakes, planner, arm
        self._model = planner.world_model
        self._seen = [self._look(joints, 0.0, 0.08)] * 2
        self.heights, self.phases, self.held = [], [], False

    def follow(self, goal, steps, lost=None):
        """lost: the phase in which somebody takes the part out of the hand, once, and lays it where it was."""
        state = PlannerState(0)
        for step in range(1, steps + 1):
            if lost is not None and self.phases and self.phases[-1] is lost:
                lost, self.held, self._model.part = None, False, PART.copy()
                self._seen[-1] = replace(self._seen[-1], gripper=0.0)
            plan, state = self._planner.plan(self._seen, goal, state)
            self._do(plan, 0.2 * step)
            self.heights.append(self._model.part[2])
            if not self.phases or self.phases[-1] is not state.handled.phase:
                self.phases.append(state.handled.phase)
        return self

    @property
    def part(self):
        return self._model.part

    @property
    def opening(self):
        return self._seen[-1].gripper

    def _do(self, plan, stamp):
        before, after = (self._arm.forward(joints).position for joints in (plan.start, plan.joint_path[0]))
        command, opening = plan.gripper[0], self.opening
        if command < 0.0 and np.linalg.norm(before - self.part) < self._model.reach:
            self.held = True
        opening = {-1.0: 0.04 if self.held else 0.0, 0.0: opening, 1.0: 0.08}[float(command)]
        if command > 0.0 and self.held:
            self.held, self._model.part = False, np.array([*self.part[:2], PART[2]])
        if self.held:
            self._model.part = self.part + after - before
        self._seen = [self._seen[-1], self._look(plan.joint_path[0], stamp, opening)]

    def _look(self, joints, stamp, opening):
        return replace(self._fakes.observe(joints, stamp), gripper=opening)


@pytest.mark.parametrize("told", ["object", "image"])
def test_a_part_is_lifted_over_and_let_go(planner, fakes, arm, home, told):
    goal = (
        Goal(object_position=PLACE, handling=Handling.LIFT)
        if told == "object"
        else Goal(image=fakes.goal_image(PLACE), focus=Focus.OBJECT, handling=Handling.LIFT)
    )
    table = Table(fakes, planner(THOROUGH), arm, home).follow(goal, 40)
    assert table.phases == [Phase.APPROACH, Phase.CLOSE, Phase.LIFT, Phase.CARRY, Phase.RELEASE, Phase.LEAVE]
    assert max(table.heights) - PART[2] > 0.06 and not table.held and table.opening == 0.08
    assert np.linalg.norm(table.part - PLACE) < 0.03


def test_a_part_that_was_lost_is_fetched_again(planner, fakes, arm, home):
    goal = Goal(object_position=PLACE, handling=Handling.LIFT)
    table = Table(fakes, planner(THOROUGH), arm, home).follow(goal, 60, lost=Phase.CARRY)
    begun = [Phase.APPROACH, Phase.CLOSE, Phase.LIFT, Phase.CARRY]
    assert table.phases == [*begun, *begun, Phase.RELEASE, Phase.LEAVE]
    assert np.linalg.norm(table.part - PLACE) < 0.03 and not table.held
