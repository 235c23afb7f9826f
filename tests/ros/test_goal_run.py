"""A goal from its start to each of its ends, on a clock that the test moves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from wm_core.config import ObstacleConfig
from wm_core.history import ObservationHistory
from wm_core.protocols import Draft
from wm_core.safety import Body, Clearance
from wm_core.types import Focus, Goal, Handled, Handling, JointState, MotionState, Phase, Plan
from wm_ros.goal_run import Clocks, GoalRun, RunSettings
from wm_ros.outcome import Code
from wm_ros.planner_inputs import PlannerInputs

SETTINGS = RunSettings(horizon=1.0, take_over=0.03, rest_speed=0.05, settle_time=0.3, no_progress_time=2.0, no_progress_time_object=2.0)


@pytest.fixture
def inputs():
    return PlannerInputs(ObservationHistory(1, 0.2, 0.05), 0.5, 0.25, 1.0)


@pytest.fixture
def see(inputs, clock):
    """The arm as the sensors show it at this moment."""

    def see(position, velocity=0.0):
        velocities = np.full(len(position), velocity)
        inputs.add_joints(JointState(np.array(position), velocities, clock.time), clock.time)
        inputs.add_image(np.zeros((4, 4, 3), np.uint8), clock.time, clock.time)

    return see


@pytest.fixture
def start(tools, inputs, clock):
    return lambda goal, limit=10.0: GoalRun(goal, limit, tools, inputs, SETTINGS, Clocks(clock, clock))


def goal_beside(home, offset):
    target = home.copy()
    target[0] += offset
    return Goal(joints=target)


def test_a_period_gives_a_proposal_that_starts_where_the_arm_is(start, see, clock, home, limits):
    see(home)
    step = start(goal_beside(home, 0.4)).step()
    assert step.outcome is None and step.progress.state == "planning"
    assert step.progress.distance == pytest.approx(0.4)
    assert step.stamp == clock.time + 0.03 and step.frame_age == 0.0
    assert step.trajectory.names == limits.names
    # 50 ms after a start from rest the arm has hardly moved, and only towards the goal.
    assert 0.0 <= step.trajectory.positions[0, 0] - home[0] < 0.02
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7


def test_an_arm_that_turns_to_and_fro_at_its_goal_is_brought_to_rest_and_has_reached_it(tools, clock, home, planner):
    inputs = PlannerInputs(None, 0.5, 0.25, 1.0)
    run = GoalRun(goal_beside(home, 0.02), 10.0, tools, inputs, SETTINGS, Clocks(clock, clock))

    def step(velocity):
        clock.time += 0.1
        inputs.add_joints(JointState(home, np.full(7, velocity), clock.time), clock.time)
        return run.step()

    moving = [step(0.3) for _ in range(23)]  # for 2.2 s, longer than no_progress_time, within the tolerance of 0.03 rad
    assert moving[19].draft is not None and moving[-1].draft is None  # nothing more is planned
    assert (moving[-1].outcome, moving[-1].progress.state) == (None, "settling")
    plans = planner.plans
    resting = [step(0.0) for _ in range(5)]
    assert resting[-1].outcome.code is Code.SUCCESS and planner.plans == plans


def test_of_a_plan_that_leads_into_an_obstacle_the_steps_before_it_are_proposed(tools, see, inputs, clock, home, arm, robot, limits):
    # The fake goes on by 0.1 rad a step, five steps: 4.3 cm each, for the tool is 43 cm from the axis. The hand's spheres
    # reach 11 cm to the side, so the plate, at 20 cm, is met in the second or third step.
    plate = ObstacleConfig(name="plate", lower=(0.2, 0.2, 0.0), upper=(0.7, 0.202, 0.5))
    clearance = Clearance(Body(robot, arm.chain()), [plate], limits, 0.007)
    see(home)
    goal, ends = goal_beside(home, 0.8), []
    for known in (tools, replace(tools, clearance=clearance)):
        trajectory = GoalRun(goal, 10.0, known, inputs, SETTINGS, Clocks(clock, clock)).step().trajectory
        ends.append(trajectory.positions[-1, 0] - home[0])
    assert ends[0] > 0.4 and 0.09 < ends[1] < 0.21
    assert clearance.violation(trajectory, MotionState.at_rest(home)) is None
    assert trajectory.velocities[-1].tolist() == [0.0] * 7


def test_where_the_first_step_leads_into_an_obstacle_it_is_left_to_the_guard_to_say_so(tools, see, inputs, clock, home, arm, robot, limits):
    plate = ObstacleConfig(name="plate", lower=(0.2, 0.13, 0.0), upper=(0.7, 0.132, 0.5))
    clearance = Clearance(Body(robot, arm.chain()), [plate], limits, 0.007)
    see(home)
    known = replace(tools, clearance=clearance)
    trajectory = GoalRun(goal_beside(home, 0.8), 10.0, known, inputs, SETTINGS, Clocks(clock, clock)).step().trajectory
    assert "from obstacle 'plate'" in clearance.violation(trajectory, MotionState.at_rest(home)).text


def test_a_plan_begins_where_and_as_fast_as_the_arm_is_commanded_to_be_when_it_takes_over(start, see, inputs, clock, planner, home):
    run = start(goal_beside(home, 0.4))
    see(home)
    inputs.command(run.step().trajectory, clock.time)
    clock.time += 0.2
    see(home)  # an arm that lags behind: what is commanded counts
    # A plan of the fake takes 10 ms of the 50 that were expected: 0.8 * 50 + 0.2 * 10 = 42 ms from now, and 30 of taking over.
    ahead = inputs.commanded(clock.time + 0.042 + 0.03)
    run.step()
    position, velocity = planner.asked
    assert position == pytest.approx(ahead.position) and velocity == pytest.approx(ahead.velocity)
    assert velocity[0] > 0.1


def test_its_first_plan_has_the_configured_seed(tools, inputs, see, clock, planner, home, monkeypatch):
    seeds, draft = [], planner.draft

    def noting(observations, goal, state, *start):
        seeds.append(state.seed)
        return draft(observations, goal, state, *start)

    monkeypatch.setattr(planner, "draft", noting)
    see(home)
    GoalRun(goal_beside(home, 0.4), 10.0, replace(tools, seed=5), inputs, SETTINGS, Clocks(clock, clock)).step()
    assert seeds == [5]


def test_reached_when_it_rests_at_the_goal_for_the_settle_time(start, see, clock, home):
    run = start(goal_beside(home, 0.02))
    for _ in range(4):
        see(home)
        step = run.step()
        clock.time += 0.101
    assert step.outcome.code is Code.SUCCESS
    assert step.outcome.final_error == pytest.approx(0.02)


def test_not_reached_while_it_moves(start, see, clock, home):
    run = start(goal_beside(home, 0.02))
    for _ in range(8):
        see(home, velocity=0.2)
        assert run.step().outcome is None
        clock.time += 0.1


def test_no_progress_has_its_own_end(start, see, clock, home):
    run = start(goal_beside(home, 0.4))
    for _ in range(23):
        see(home)
        step = run.step()
        clock.time += 0.1
    assert step.outcome.code is Code.NO_PROGRESS and "0.400 rad" in step.outcome.message


def test_the_time_limit_ends_it(start, see, clock, home):
    run = start(goal_beside(home, 0.4), 1.0)
    clock.time += 1.1
    see(home)
    assert run.step().outcome.code is Code.TIME_LIMIT


def test_without_inputs_it_holds_and_ends_as_not_ready(start, see, clock, home):
    run = start(goal_beside(home, 0.4), 1.0)
    step = run.step()
    assert (step.progress.state, step.problem.part, step.trajectory) == ("holding", "joint_states", None)
    clock.time += 1.1
    outcome = run.step().outcome
    assert outcome.code is Code.NOT_READY and "joint_states" in outcome.message


def test_when_the_camera_stops_a_moving_arm_is_brought_to_rest_and_later_goes_on(start, see, inputs, clock, home):
    run = start(goal_beside(home, 0.4))
    see(home)
    inputs.command(run.step().trajectory, clock.time)
    clock.time += 0.6  # longer than a frame may be old
    inputs.add_joints(JointState(home, np.zeros(7), clock.time), clock.time)
    step = run.step()
    assert step.problem.part == "camera"
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7
    see(home)
    assert run.step().progress.state == "planning"


def test_a_planner_that_fails_once_is_asked_again_and_given_up_after_five(start, see, planner, home):
    run = start(goal_beside(home, 0.4))
    see(home)
    planner.error = MemoryError("out of memory")
    steps = [run.step() for _ in range(5)]
    assert steps[0].problem.part == "planning" and "out of memory" in steps[0].problem.message
    assert [step.outcome for step in steps[:4]] == [None] * 4
    assert steps[4].outcome.code is Code.PLANNER_ERROR


def test_a_plan_that_is_not_finite_goes_nowhere(start, see, planner, home):
    run = start(goal_beside(home, 0.4))
    see(home)
    planner.draft = lambda observations, goal, state, begin, velocity: Draft(NotFinite(), state, None)
    step = run.step()
    assert step.trajectory is None and "not finite" in step.problem.message


class Sliding:
    """Knows of an object that is as far from the goal, a picture or the origin, as the test says."""

    history, step, action_dim = 1, 0.2, 3
    distance = 0.2

    def object_position(self, latent):
        return torch.tensor([self.distance, 0.0, 0.0])

    def encode_goal(self, image):
        return image

    def encode(self, observations):
        return observations

    def goal_distance(self, latent, goal, focus):
        assert focus is Focus.OBJECT
        return self.distance

    def tool_position(self, goal):
        return np.zeros(3)


def turning(begin, home):
    """A plan that turns the first joint by 0.3 rad in a second."""
    path, none = home + np.outer(np.linspace(0.06, 0.3, 5), np.eye(7)[0]), np.zeros((5, 3))
    return Plan(begin, path, none, none, 0.2, 0.0, (), 0.0, 1, 1, 0.01, False)


@pytest.mark.parametrize("told", [dict(image=np.zeros((4, 4, 3), np.uint8), focus=Focus.OBJECT), dict(object_position=np.zeros(3))])
def test_an_arm_stops_where_it_is_once_the_object_is_where_it_shall_be(tools, inputs, clock, planner, see, home, told):
    world = Sliding()
    tools = replace(tools, world_model=world, objects=True)
    planner.draft = lambda observations, goal, state, begin, velocity: Draft(turning(begin, home), state, None)
    run = GoalRun(Goal(**told), 10.0, tools, inputs, SETTINGS, Clocks(clock, clock))
    see(home)
    step = run.step()
    assert step.progress.distance == pytest.approx(0.2) and step.trajectory.positions[-1, 0] > home[0] + 0.1
    inputs.command(step.trajectory, clock.time)
    clock.time += 0.2
    world.distance = 0.01
    see(home, velocity=0.3)  # it arrives while the arm is moving
    step = run.step()
    assert (step.progress.state, step.problem, step.outcome) == ("settling", None, None)
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7
    assert step.trajectory.times[-1] < 0.8  # no longer on the planned way, which takes a second
    for _ in range(4):
        clock.time += 0.101
        see(home)
        step = run.step()
    assert step.outcome.code is Code.SUCCESS and step.outcome.final_error == pytest.approx(0.01)


class Lifting:
    """A planner that is in the phase that the test says, and notes what it was handed."""

    def __init__(self, home):
        self._home, self.phase, self.known, self.error = home, Handled(Phase.CARRY, 1000.0), [], None

    def draft(self, observations, goal, state, begin, velocity):
        if self.error is not None:
            raise self.error
        self.known.append(state.handled)
        after = replace(state, stamp=observations[-1].stamp, handled=self.phase)
        return Draft(turning(begin, self._home), after, None)


@pytest.fixture
def lift(tools, inputs, clock, home):
    """A goal to lift an object, its world and its planner."""
    world, planner = Sliding(), Lifting(home)
    world.distance = 0.01
    tools = replace(tools, world_model=world, planner=planner, objects=True)
    goal = Goal(object_position=np.zeros(3), handling=Handling.LIFT)
    return GoalRun(goal, 60.0, tools, inputs, SETTINGS, Clocks(clock, clock)), world, planner


def test_a_lifted_object_has_arrived_when_the_hand_has_left_it(lift, see, clock, home):
    run, _, planner = lift
    for _ in range(6):  # carried by within a centimetre of its place, the arm at rest
        see(home)
        step = run.step()
        clock.time += 0.1
    assert (step.progress.state, step.progress.phase, step.outcome) == ("planning", "carry", None)
    planner.phase = Handled(Phase.LEAVE, clock.time, away=True)
    for _ in range(5):
        see(home)
        step = run.step()
        clock.time += 0.101
    assert step.outcome.code is Code.SUCCESS and step.progress.phase == "leave"


def test_an_object_that_is_not_lifted_ends_with_the_phase_that_it_is_in(lift, see, clock, home):
    run, world, planner = lift
    planner.phase, world.distance = Handled(Phase.APPROACH, 1000.0), 0.15
    for _ in range(23):
        see(home)
        step = run.step()
        clock.time += 0.1
    assert step.outcome.code is Code.NO_PROGRESS and "0.150 m from the goal (phase approach)" in step.outcome.message


def test_an_object_that_was_pushed_away_is_given_the_time_for_another_try(tools, inputs, see, clock, home):
    # Nearest after the first period, then pushed 5 cm away: given up 4 s later, where a goal of the arm has 2 s.
    world = Sliding()
    tools = replace(tools, world_model=world, planner=Lifting(home), objects=True)
    settings = replace(SETTINGS, no_progress_time_object=4.0)
    run = GoalRun(Goal(object_position=np.zeros(3)), 60.0, tools, inputs, settings, Clocks(clock, clock))
    begun, outcome = clock.time, None
    while outcome is None:
        world.distance = 0.06 if clock.time == begun else 0.11
        see(home)
        outcome = run.step().outcome
        clock.time += 0.1
    assert outcome.code is Code.NO_PROGRESS and "no progress for 4.0 s: still 0.110 m" in outcome.message
    assert clock.time - begun == pytest.approx(4.2, abs=0.11)


def test_what_is_carried_is_not_let_go_for_the_time_of_a_hold(lift, see, clock, home):
    run, _, planner = lift
    see(home)
    run.step()
    clock.time += 0.2
    planner.error = MemoryError("out of memory")
    see(home)
    run.step()
    planner.error = None
    clock.time += 5.0  # longer than any phase is given; the camera was away
    assert run.step().progress.state == "holding"
    see(home)
    assert run.step().progress.state == "planning"
    # It was in this phase since 1000.0 s: at the plan before, and 5.2 s later, when it is the same time in it.
    assert planner.known[-1] == Handled(Phase.CARRY, pytest.approx(1005.2))
    clock.time += 0.1
    see(home)
    run.step()
    assert planner.known[-1].since == 1000.0  # as it was told by the plan before; nothing was held in between


class NotFinite:
    joint_path = np.full((5, 7), np.nan)
    seconds = 0.01
