"""Plans that replace each other while the arm moves: what is sent stays one smooth motion.

Planner, guard and a controller, on a clock that the test moves. The controller joins every command up to 3 ms late, now more
and now less than the time before: that alone accelerates, and the guard has to have judged it.
"""

import numpy as np
import pytest

from wm_core.config import PlannerConfig
from wm_core.history import ObservationHistory
from wm_core.interpolation import sample_many
from wm_core.planning import MpcPlanner
from wm_core.safety import Following, TrajectoryFilter
from wm_core.types import Goal, JointState, MotionState
from wm_ros.goal_run import Clocks, GoalRun, RunSettings
from wm_ros.guard_logic import Guard, Silence
from wm_ros.guard_parameters import GuardParameters
from wm_ros.moment import Instant
from wm_ros.planner_inputs import PlannerInputs
from wm_ros.planner_tools import PlannerTools

SETTINGS = RunSettings(horizon=1.0, take_over=0.03, rest_speed=0.05, settle_time=0.3, no_progress_time=30.0, no_progress_time_object=30.0)
TICK = 1e-3  # s
LATEST = 3e-3  # s that the controller takes to join; the guard allows for 4 ms
GOALS, PLANS_A_GOAL = 50, 6


class Controller:
    """Follows what it was sent, from when it joined it; remembers all of it."""

    def __init__(self, home, now):
        self.joined = [Following(None, MotionState.at_rest(home), now)]

    def join(self, trajectory, now):
        self.joined.append(Following(trajectory, self.state(now), now))

    def state(self, now):
        motion = self._motion(self.joined[-1], np.array([now]))
        return MotionState(motion[0][0], motion[1][0], motion[2][0])

    def positions(self, until):
        """(K, J) rad, each TICK from the first moment on."""
        times = np.arange(self.joined[0].since, until, TICK)
        ends = [following.since for following in self.joined[1:]] + [until]
        rows = []
        for following, end in zip(self.joined, ends):
            rows.append(self._motion(following, times[(times >= following.since) & (times < end)])[0])
        return np.concatenate(rows)

    def _motion(self, following, times):
        if following.trajectory is None:
            still = np.zeros((len(times), len(following.start.position)))
            return still + following.start.position, still, still
        motion = sample_many(following.trajectory, following.start, times - following.since)
        return motion.position, motion.velocity, motion.acceleration


class Bench:
    """Replans each 100 ms; a plan takes 20 to 80 ms, the guard 2 to 15 ms more."""

    def __init__(self, robot, arm, limits, home, clock):
        self.clock, self.home, self.random = clock, home, np.random.default_rng(0)
        self.planner = MpcPlanner(robot, arm, PlannerConfig(samples=16, iterations=1, deadline=10.0), threads=1)
        self.tools = PlannerTools("panda", arm, limits, self, None, 0.1)
        self.inputs = PlannerInputs(ObservationHistory(1, 0.2, 0.05), 0.5, 0.25, 10.0)
        self.guard = Guard(TrajectoryFilter(limits, arm, GuardParameters().safety()), arm, Silence(0.35, 0.3))
        self.controller = Controller(home, clock.time)

    def draft(self, *arguments):
        """Implements `Planner`: ours, and the time that it takes."""
        self.clock.time += self.random.uniform(0.02, 0.08)
        return self.planner.draft(*arguments)

    def pursue(self, goal):
        run = GoalRun(goal, 100.0, self.tools, self.inputs, SETTINGS, Clocks(self.clock, self.clock))
        for _ in range(PLANS_A_GOAL):
            due = self.clock.time + 0.1
            self.look()
            step = run.step()
            if step.trajectory is not None:
                self.send(step)
            self.clock.time = max(due, self.clock.time)

    def now(self):
        return Instant(self.clock.time, self.clock.time)

    def measure(self):
        state = self.controller.state(self.clock.time)
        seen = JointState(state.position, state.velocity, self.clock.time)
        self.guard.measure(seen, self.now())
        self.inputs.add_joints(seen, self.clock.time)

    def look(self):
        self.measure()
        self.inputs.add_image(np.zeros((2, 2, 3), np.uint8), self.clock.time, self.clock.time)

    def send(self, step):
        self.clock.time += self.random.uniform(0.002, 0.015)
        self.measure()  # joint states come faster than plans
        verdict = self.guard.judge(step.trajectory, step.stamp, self.now())
        if verdict.trajectory is None:
            self.guard.reject(verdict.reason)
            return
        self.guard.sent(verdict, self.now())
        self.inputs.command(verdict.trajectory, self.clock.time)
        late = self.random.uniform(0.0, LATEST)
        self.controller.join(verdict.trajectory, self.clock.time + late)


@pytest.fixture
def flown(robot, arm, limits, home, clock):
    """A bench that has pursued 50 goals, each left for the next while the arm still moves, and what was commanded."""
    bench, random = Bench(robot, arm, limits, home, clock), np.random.default_rng(1)
    for number in range(GOALS):
        joints = home + random.uniform(-0.5, 0.5, len(home))
        bench.pursue(Goal(joints=joints) if number % 2 else Goal(pose=arm.forward(joints)))
    return bench, bench.controller.positions(clock.time)


def test_over_50_goals_with_replanning_the_commanded_motion_has_no_jump_and_keeps_the_limits(flown, limits):
    bench, position = flown
    # Differences of positions alone: a jump of any derivative at a seam shows in the next one, whatever is said there.
    velocity, acceleration, jerk = (np.diff(position, n, axis=0) / TICK**n for n in (1, 2, 3))
    # What the velocity just before does not explain of a step of 1 ms.
    assert np.abs(np.diff(position, 2, axis=0)).max() < 1e-3
    assert (np.abs(velocity) <= 1.001 * limits.velocity).all()
    assert (np.abs(acceleration) <= 1.001 * limits.acceleration).all()
    assert (np.abs(jerk) <= 1.01 * limits.jerk).all()
    # It is no arm that was held still: nearly every plan went out, and most found it moving.
    assert bench.guard.counts.published_outside_limits == 0
    assert len(bench.controller.joined) > 0.85 * GOALS * PLANS_A_GOAL
    moving = [np.abs(following.start.velocity).max() > 0.05 for following in bench.controller.joined]
    assert np.mean(moving) > 0.7
