"""A gate that watches an episode ends it or only tells; its stops are counted as safe where the task was not done."""

from types import SimpleNamespace

import numpy as np
import pytest

from wm_core.baselines.hold import HoldPolicy
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.episode import run_episode
from wm_core.evaluation.evaluate import Evaluation
from wm_core.evaluation.watch import Watch
from wm_core.types import Command, Outcome, Pose


class Alarm:
    """A gate that stops when joint 0 has gone beyond `limit`; `controls` are what it was told.

    sudden: whether it sees that between steps, too.
    """

    def __init__(self, limit, sudden=False):
        self.limit, self.sudden, self.controls, self.resets = limit, sudden, [], 0

    def reset(self):
        self.resets, self.controls = self.resets + 1, []

    def observe(self, observation, controls=None):
        self.controls.append(controls)
        place = observation.joints.position[0]
        return SimpleNamespace(stop=place > self.limit, reason=f"at {place:.2f}")

    def glance(self, observation):
        place = observation.joints.position[0]
        return SimpleNamespace(stop=place > self.limit, reason=f"glance at {place:.3f}") if self.sudden else None


class LineArm:
    """Forward kinematics of `Line`: joint 0 is x."""

    @staticmethod
    def forward(joints):
        return Pose(np.array([joints[0], 0.0, 0.0]))


def watched(limit, action_dim=3, ends=True, sudden=False):
    alarm = Alarm(limit, sudden)
    return alarm, Watch(alarm, LineArm(), action_dim, ends)


def test_a_gate_ends_the_episode_where_it_stops(toy):
    alarm, watch = watched(0.12)
    result = run_episode(toy.Line((2, 4)), toy.Walk(), 0, "joints", 0.2, watch=watch).result
    # Strides of 5 cm: 15 cm is the first beyond 12, after three steps; 5 cm short of the goal.
    assert (result.stopped, result.stopped_after, result.steps) == ("at 0.15", 3, 3)
    assert not result.success and result.distance_m == pytest.approx(0.05)
    assert alarm.resets == 1 and alarm.controls[0] is None
    assert np.array(alarm.controls[1:]) == pytest.approx(np.array([[0.05, 0.0, 0.0]] * 3))


def test_a_gate_that_only_watches_changes_nothing(toy):
    alone = run_episode(toy.Line((2, 4)), toy.Walk(), 0, "joints", 0.2).result
    alarm, watch = watched(0.12, ends=False)
    result = run_episode(toy.Line((2, 4)), toy.Walk(), 0, "joints", 0.2, watch=watch).result
    assert result == alone.model_copy(update={"stopped": "at 0.15", "stopped_after": 3})
    assert len(alarm.controls) == 1 + 3  # it has stopped: nobody asks it again


@pytest.mark.parametrize("ends, steps, place", [(True, 3, 0.125), (False, 6, 0.30)])
def test_what_comes_in_between_two_steps_stops_at_once(toy, ends, steps, place):
    alarm, watch = watched(0.12, ends=ends, sudden=True)
    result = run_episode(toy.Line((2, 4)), toy.Walk(), 0, "joints", 0.2, watch=watch).result
    # Strides of 5 cm: half way through the third the frame is at 12.5 cm. The goal is at 20 cm.
    assert (result.stopped, result.stopped_after, result.steps) == ("glance at 0.125", 3, steps)
    assert result.distance_m == pytest.approx(abs(0.20 - place))


def test_a_gate_that_does_not_like_the_start_lets_nothing_move(toy):
    walk = toy.Walk()
    result = run_episode(toy.Line(), walk, 0, "joints", 0.2, watch=watched(-1.0)[1]).result
    assert (result.stopped, result.steps, walk.goals) == ("at 0.00", 0, [])
    assert result.distance_m == result.start_distance_m


def test_a_gate_is_told_of_the_gripper_where_the_model_has_one(toy):
    alarm, watch = watched(1.0, action_dim=4)
    observation = toy.Line().reset(0)
    watch.start(observation)
    watch.step(observation, Command(np.array([0.02, *np.zeros(6)]), gripper=-1), observation)
    assert alarm.controls[1] == pytest.approx([0.02, 0.0, 0.0, -1.0])


def test_stops_are_counted_as_safe_where_the_task_was_not_done(toy):
    # Goals at 0.20 to 0.29 m; the walk would end at 0.20 m, within 3 cm for seeds 0 to 3 alone. The alarm stops at 0.20:
    # seeds 0 to 3 have succeeded by then, 4 to 9 have failed safely.
    evaluation = Evaluation(Conditions(goal="joints"), [toy.Walk()], [HoldPolicy()], ControlStore(), watched(0.19)[1])
    for _ in evaluation.run(toy.Line(), range(10)):
        pass
    report = evaluation.report("toy")
    gate = report.policies[0].gate
    assert (gate.mode, gate.stops, gate.failures, gate.safe_stops) == ("stop", 10, 6, 6)
    assert report.controls[0].gate is None  # nobody watches the controls


@pytest.mark.parametrize("ends", [True, False])
def test_a_stop_after_a_touch_comes_too_late(toy, ends):
    class Fragile(toy.Line):
        """Something stands at 8 cm: whoever passes has touched it."""

        def reset(self, seed):
            self.touched = False
            return super().reset(seed)

        def outcome(self):
            self.touched = self.touched or self.place > 0.08
            found = super().outcome()
            return Outcome(False, found.distance, "touched the vase") if self.touched else found

    # Strides of 5 cm touch it with the second. An alarm at 4 cm goes off with the first, one at 9 cm with the second.
    for limit, safe in ((0.04, 1), (0.09, 0)):
        evaluation = Evaluation(Conditions(goal="joints"), [toy.Walk()], [], ControlStore(), watched(limit, ends=ends)[1])
        assert [result.harmed for result in evaluation.run(Fragile(), range(1))] == [not safe]
        gate = evaluation.report("toy").policies[0].gate
        assert (gate.stops, gate.failures, gate.safe_stops) == (1, 1, safe)


def test_watching_tells_needless_stops_from_safe_ones(toy):
    # Left alone as above, but the alarm goes off at 15 cm, in all ten: four of them would have succeeded.
    evaluation = Evaluation(Conditions(goal="joints"), [toy.Walk()], [], ControlStore(), watched(0.12, ends=False)[1])
    for _ in evaluation.run(toy.Line(), range(10)):
        pass
    report = evaluation.report("toy", ["planner.samples=8"])
    gate = report.policies[0].gate
    assert (gate.mode, gate.stops, gate.failures, gate.safe_stops) == ("watch", 10, 6, 6)
    assert report.settings == ("planner.samples=8",)
