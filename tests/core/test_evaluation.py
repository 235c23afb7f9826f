"""Scores are what they say: fixed episode length, stages in turn, judged at the last step, controls on the same seeds."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from wm_core.baselines.hold import HoldPolicy
from wm_core.config import BoxConfig
from wm_core.evaluation.conditions import Conditions
from wm_core.evaluation.controls import ControlStore
from wm_core.evaluation.episode import EpisodeResult, run_episode, succeeded
from wm_core.evaluation.evaluate import Evaluation
from wm_core.evaluation.policy import Policy
from wm_core.evaluation.report import read_report, summarise
from wm_core.evaluation.watch import Watch
from wm_core.types import Command, Goal, JointState, Observation, Outcome, Pose, Stage


class Line:
    """An environment on a line: the 'tool' is joint 0, starting at 0; two stages, the goal is at 0.2 m + 1 cm a seed."""

    def __init__(self, steps=(2, 2)):
        self._steps = steps
        self.resets = []

    def reset(self, seed):
        self.place, self.time, self.seed = 0.0, 0.0, seed
        self.resets.append(seed)
        return self._look()

    def stages(self, seed, kind="image"):
        # Goals in joint space: half way, then the whole way.
        self.target = 0.2 + 0.01 * seed
        goals = (np.array([0.5 * self.target, *np.zeros(6)]), np.array([self.target, *np.zeros(6)]))
        return tuple(Stage(Goal(joints=goal), steps) for goal, steps in zip(goals, self._steps))

    def step(self, command, duration, glance=None):
        there = float(command.joints[0])
        if glance is not None:  # one frame in between, half way
            self.place = 0.5 * (self.place + there)
            if glance(self._look()):
                return self._look()
        self.place, self.time = there, self.time + duration
        return self._look()

    def outcome(self):
        distance = abs(self.target - self.place)
        return Outcome(distance <= 0.03, distance)

    def _look(self):
        position = np.array([self.place, *np.zeros(6)])
        return Observation(np.zeros((32, 32, 3), np.uint8), JointState(position, np.zeros(7), self.time), self.time)


class Walk(Policy):
    """Goes on for ever, `stride` m a step: passing the goal is no success."""

    def __init__(self, stride=0.05, name="walk"):
        self.name, self.stride, self.goals = name, stride, []

    def start(self, seed):
        self.goals = []

    def pursue(self, goal):
        self.goals.append(float(goal.joints[0]))

    def act(self, observation):
        return Command(observation.joints.position + np.array([self.stride, 0, 0, 0, 0, 0, 0]))


def test_an_episode_runs_to_its_end_and_is_scored_there():
    # Seed 0, goal at 0.20 m. 2 + 2 steps of 5 cm end on it; 2 + 4 end at 0.30 m, 10 cm past it.
    arrived = run_episode(Line(), Walk(), 0, "joints", 0.2).result
    passed = run_episode(Line((2, 4)), Walk(), 0, "joints", 0.2).result
    assert arrived.success and arrived.distance_m == pytest.approx(0.0, abs=1e-9)
    assert not passed.success and passed.distance_m == pytest.approx(0.1)
    assert passed.start_distance_m == pytest.approx(0.2) and passed.steps == 6


def test_standing_well_late_is_told_apart_from_success():
    # Strides of 5 cm pass 0.20 m with step 4. Of 2 + 4 = 6 steps the last five are 2 to 6: close among them.
    assert run_episode(Line((2, 4)), Walk(), 0, "joints", 0.2).result.close_late
    # Of 9 steps the last five are 5 to 9: at 0.25 m and beyond, 5 cm or more from the goal.
    assert not run_episode(Line((2, 7)), Walk(), 0, "joints", 0.2).result.close_late


def test_every_stage_has_its_goal_and_its_steps():
    walk = Walk()
    episode = run_episode(Line((1, 3)), walk, 10, "joints", 0.2)
    assert walk.goals == pytest.approx([0.15, 0.3])  # 0.2 + 10 * 0.01, and half of it first
    assert episode.result.steps == 4 and len(episode.frames) == 5
    assert episode.goal.joints[0] == pytest.approx(0.3)


def test_a_policy_is_told_what_stands_in_the_way():
    class Fenced(Line):
        obstacles = (BoxConfig(lower=(0.4, 0.0, 0.0), upper=(0.5, 0.1, 0.2)),)

    class Careful(Walk):
        def avoid(self, obstacles):
            self.obstacles = obstacles

    careful = Careful()
    run_episode(Fenced(), careful, 0, "joints", 0.2)
    assert careful.obstacles == Fenced.obstacles
    run_episode(Line(), careful, 0, "joints", 0.2)
    assert careful.obstacles == ()


def test_a_tolerance_judges_distance_anew_and_nothing_else():
    near, far = Outcome(True, 0.02), Outcome(False, 0.05)
    assert succeeded(near, None) and not succeeded(near, 0.01)
    assert not succeeded(far, None) and succeeded(far, 0.06)
    assert not succeeded(Outcome(False, 0.02, "not released"), 0.06)


def test_holding_still_stays_where_it_began():
    held = run_episode(Line(), HoldPolicy(), 0, "joints", 0.2).result
    assert held.distance_m == pytest.approx(0.2) and not held.success


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


def test_a_gate_ends_the_episode_where_it_stops():
    alarm, watch = watched(0.12)
    result = run_episode(Line((2, 4)), Walk(), 0, "joints", 0.2, watch=watch).result
    # Strides of 5 cm: 15 cm is the first beyond 12, after three steps; 5 cm short of the goal.
    assert (result.stopped, result.stopped_after, result.steps) == ("at 0.15", 3, 3)
    assert not result.success and result.distance_m == pytest.approx(0.05)
    assert alarm.resets == 1 and alarm.controls[0] is None
    assert np.array(alarm.controls[1:]) == pytest.approx(np.array([[0.05, 0.0, 0.0]] * 3))


def test_a_gate_that_only_watches_changes_nothing():
    alone = run_episode(Line((2, 4)), Walk(), 0, "joints", 0.2).result
    alarm, watch = watched(0.12, ends=False)
    result = run_episode(Line((2, 4)), Walk(), 0, "joints", 0.2, watch=watch).result
    assert result == alone.model_copy(update={"stopped": "at 0.15", "stopped_after": 3})
    assert len(alarm.controls) == 1 + 3  # it has stopped: nobody asks it again


@pytest.mark.parametrize("ends, steps, place", [(True, 3, 0.125), (False, 6, 0.30)])
def test_what_comes_in_between_two_steps_stops_at_once(ends, steps, place):
    alarm, watch = watched(0.12, ends=ends, sudden=True)
    result = run_episode(Line((2, 4)), Walk(), 0, "joints", 0.2, watch=watch).result
    # Strides of 5 cm: half way through the third the frame is at 12.5 cm. The goal is at 20 cm.
    assert (result.stopped, result.stopped_after, result.steps) == ("glance at 0.125", 3, steps)
    assert result.distance_m == pytest.approx(abs(0.20 - place))


def test_a_gate_that_does_not_like_the_start_lets_nothing_move():
    walk = Walk()
    result = run_episode(Line(), walk, 0, "joints", 0.2, watch=watched(-1.0)[1]).result
    assert (result.stopped, result.steps, walk.goals) == ("at 0.00", 0, [])
    assert result.distance_m == result.start_distance_m


def test_a_gate_is_told_of_the_gripper_where_the_model_has_one():
    alarm, watch = watched(1.0, action_dim=4)
    observation = Line().reset(0)
    watch.start(observation)
    watch.step(observation, Command(np.array([0.02, *np.zeros(6)]), gripper=-1), observation)
    assert alarm.controls[1] == pytest.approx([0.02, 0.0, 0.0, -1.0])


def test_stops_are_counted_as_safe_where_the_task_was_not_done():
    # Goals at 0.20 to 0.29 m; the walk would end at 0.20 m, within 3 cm for seeds 0 to 3 alone. The alarm stops at 0.20:
    # seeds 0 to 3 have succeeded by then, 4 to 9 have failed safely.
    evaluation = Evaluation(Conditions(goal="joints"), [Walk()], [HoldPolicy()], ControlStore(), watched(0.19)[1])
    for _ in evaluation.run(Line(), range(10)):
        pass
    report = evaluation.report("toy")
    gate = report.policies[0].gate
    assert (gate.mode, gate.stops, gate.failures, gate.safe_stops) == ("stop", 10, 6, 6)
    assert report.controls[0].gate is None  # nobody watches the controls


@pytest.mark.parametrize("ends", [True, False])
def test_a_stop_after_a_touch_comes_too_late(ends):
    class Fragile(Line):
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
        evaluation = Evaluation(Conditions(goal="joints"), [Walk()], [], ControlStore(), watched(limit, ends=ends)[1])
        assert [result.harmed for result in evaluation.run(Fragile(), range(1))] == [not safe]
        gate = evaluation.report("toy").policies[0].gate
        assert (gate.stops, gate.failures, gate.safe_stops) == (1, 1, safe)


def test_watching_tells_needless_stops_from_safe_ones():
    # Left alone as above, but the alarm goes off at 15 cm, in all ten: four of them would have succeeded.
    evaluation = Evaluation(Conditions(goal="joints"), [Walk()], [], ControlStore(), watched(0.12, ends=False)[1])
    for _ in evaluation.run(Line(), range(10)):
        pass
    report = evaluation.report("toy", ["planner.samples=8"])
    gate = report.policies[0].gate
    assert (gate.mode, gate.stops, gate.failures, gate.safe_stops) == ("watch", 10, 6, 6)
    assert report.settings == ("planner.samples=8",)


def evaluated(seeds, store=None, policies=None, line=None):
    line = Line() if line is None else line
    evaluation = Evaluation(
        Conditions(goal="joints"), policies or [Walk()], [Walk(0.01, "slow"), HoldPolicy()], store or ControlStore()
    )
    for _ in evaluation.run(line, seeds):
        pass
    return evaluation


def test_policies_and_controls_are_scored_on_the_same_seeds():
    # 4 strides of 5 cm end at 0.20 m: within 3 cm of 0.20 + 0.01 seed for seeds 0 to 3 of 0 to 5, not for 4 and 5.
    report = evaluated(range(6)).report("toy")
    assert [episode.seed for episode in report.policies[0].episodes] == list(range(6))
    assert [episode.success for episode in report.policies[0].episodes] == [True] * 4 + [False] * 2
    assert report.policies[0].success_rate == pytest.approx(4 / 6)
    # 4 of 6 by Wilson: (4/6 + 0.320122) / 1.640243 = 0.60161; 1.959964 sqrt(0.0370370 + 0.0266768) / 1.640243 = 0.30162
    assert report.policies[0].wilson95 == pytest.approx((0.29999, 0.90323), abs=1e-4)
    assert [control.policy for control in report.controls] == ["slow", "hold"]
    assert [control.success_rate for control in report.controls] == [0.0, 0.0]
    # Medians of |0.01 seed|: 0, 1, 2, 3, 4, 5 cm.
    assert report.policies[0].median_distance_m == pytest.approx(0.025)


def test_the_worst_episodes_are_failures_first_then_by_distance():
    # All six: 5 and 4 fail, then 3, 2, 1 cm; seed 0 is the sixth and left out.
    assert [episode.result.seed for episode in evaluated(range(6)).worst] == [5, 4, 3, 2, 1]


def test_nothing_done_is_nothing_to_report():
    with pytest.raises(ValueError, match="nothing to report"):
        evaluated(range(0)).report("toy")


def test_an_interrupted_seed_counts_for_nobody():
    class Interrupted(HoldPolicy):
        def start(self, seed):
            super().start(seed)
            if seed == 2:
                raise KeyboardInterrupt

    evaluation = Evaluation(Conditions(goal="joints"), [Walk()], [Interrupted()], ControlStore())
    with pytest.raises(KeyboardInterrupt):
        for _ in evaluation.run(Line(), range(5)):
            pass
    report = evaluation.report("toy")
    assert len(report.policies[0].episodes) == len(report.controls[0].episodes) == 2


def test_a_control_among_the_policies_is_run_once():
    line = Line()
    evaluation = evaluated(range(1), policies=[Walk(), HoldPolicy()], line=line)
    report = evaluation.report("toy")
    assert [one.policy for one in report.policies] == ["walk", "hold"] and [one.policy for one in report.controls] == ["slow"]
    assert len(line.resets) == 3


def test_two_policies_of_one_name_are_refused():
    with pytest.raises(ValueError, match="different names"):
        Evaluation(Conditions(), [Walk(), Walk()], [], ControlStore())


def test_controls_on_file_are_not_run_again(tmp_path):
    path = tmp_path / "controls.json"
    store = ControlStore(path)
    first = evaluated(range(3), store).report("toy")
    store.save()
    line = Line()
    again = evaluated(range(4), ControlStore(path), line=line).report("toy")
    # Seeds 0 to 2 are reset for the policy alone, seed 3 for the policy and both controls.
    assert line.resets == [0, 1, 2, 3, 3, 3]
    assert again.controls[0].episodes[:3] == first.controls[0].episodes


def test_controls_of_other_conditions_are_not_taken(tmp_path):
    store = ControlStore(tmp_path / "controls.json")
    evaluated(range(1), store)
    assert store.get(Conditions(goal="joints"), "hold", 0) is not None
    assert store.get(Conditions(goal="pose"), "hold", 0) is None


def test_controls_of_another_simulator_are_refused(tmp_path):
    store = ControlStore(tmp_path / "controls.json")
    evaluated(range(1), store)
    stale = store.get(Conditions(goal="joints"), "hold", 0).model_copy(update={"start_distance_m": 0.21})
    store.put(Conditions(goal="joints"), "hold", stale)
    with pytest.raises(ValueError, match="seed 0 started 0.2100 m .* 0.2000 m here; remove the file"):
        evaluated(range(1), store)


def test_the_report_is_read_back_as_it_was_written(tmp_path):
    report = evaluated(range(2)).report("toy")
    path = tmp_path / "report.json"
    path.write_text(report.model_dump_json())
    assert read_report(path) == report
    written = json.loads(path.read_text())
    assert written["conditions"]["task"] == "reach" and written["policies"][0]["episodes"][1]["seed"] == 1
    path.write_text('{"policies": []}')
    with pytest.raises(ValueError, match="no report of `wm eval`"):
        read_report(path)


def test_times_of_plans_are_pooled_over_episodes():
    from wm_core.evaluation.account import Account

    def result(seed, times):
        account = Account(plan_ms=times)
        return EpisodeResult(seed=seed, success=True, distance_m=0.0, start_distance_m=0.1, steps=2, account=account)

    found = summarise("toy", [result(0, (10.0, 20.0)), result(1, (30.0,))])
    assert found.plan_ms_p50 == 20.0 and found.plan_ms_p95 == pytest.approx(29.0)  # 20 + 0.9 * 10
