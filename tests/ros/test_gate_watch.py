"""What a gate is shown, and that its stop ends the goal and holds the arm: a fake gate, and a real one before a black picture."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from wm_core.history import ObservationHistory
from wm_core.types import Goal, JointState, Observation, Pose
from wm_ros.gate_watch import GateWatch
from wm_ros.goal_run import Clocks, GoalRun, RunSettings
from wm_ros.outcome import Code
from wm_ros.planner_inputs import PlannerInputs


class Rail:
    """The tool is where the first joint is, along x."""

    def forward(self, joints):
        return Pose(np.array([joints[0], 0.0, 0.0]))


@dataclass
class Verdict:
    stop: bool = False
    reason: str = "picture 9 std, limit 1 std: colours or textures are far from those of the training data"


class Gate:
    """Keeps what it is shown; stops at a black picture."""

    def __init__(self):
        self.shown, self.glanced, self.resets = [], [], 0

    def reset(self):
        self.resets += 1

    def glance(self, observation):
        self.glanced.append(round(observation.stamp, 3))
        return Verdict(not observation.image.any(), "intrusion 9 std")

    def observe(self, observation, controls=None):
        self.shown.append((round(observation.stamp, 3), None if controls is None else controls.round(6).tolist()))
        return Verdict(not observation.image.any())


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def watch(gate):
    return GateWatch(gate, Rail(), step=0.2, action_dim=4, tolerance=0.05)


def frame(stamp, position=0.0, grey=9):
    return Observation(np.full((2, 2, 3), grey, np.uint8), JointState(np.array([position]), np.zeros(1), stamp), stamp)


def test_it_is_shown_a_moment_a_model_step_however_often_and_seldom_planned(gate, watch):
    frames = [frame(10.0 + 0.05 * tick, position=0.01 * tick) for tick in range(21)]  # 20 Hz, 1 s, 20 cm/s
    watch.commanded(10.25, -1)
    for count in (1, 3, 7, 9, 20):  # at 10.0, 10.1, 10.3, 10.4, 10.95 s
        assert watch.look(frames[:count]) is None
    # 4 cm each; the gripper's command came within the second step, before its middle at 10.3 s.
    assert gate.shown == [
        (10.0, None),
        (10.2, [0.04, 0.0, 0.0, 0.0]),
        (10.4, [0.04, 0.0, 0.0, -1.0]),
        (10.6, [0.04, 0.0, 0.0, -1.0]),
        (10.8, [0.04, 0.0, 0.0, -1.0]),
    ]
    assert gate.resets == 1


def test_the_newest_frame_is_looked_at_at_once_for_what_came_in(gate, watch):
    frames = [frame(10.0 + 0.05 * tick) for tick in range(6)]
    for count in (1, 2, 2, 4, 5, 6):
        watch.look(frames[:count])
    # Those at 10.0 and 10.2 s were shown as moments; none twice; 10.1 s was never the newest.
    assert gate.glanced == [10.05, 10.15, 10.25]
    assert watch.look([*frames, frame(10.3, grey=0)]) == "intrusion 9 std"
    watch.look([frame(5.0)])  # the clock is set back
    assert watch.look([frame(5.0), frame(5.05, grey=0)]) == "intrusion 9 std"


def test_after_a_gap_it_says_nothing_of_surprise_until_two_moments_are_a_step_apart(gate, watch):
    for stamp in (10.0, 10.2, 11.0, 11.2, 11.4):
        watch.look([frame(stamp)])
    still = [0.0] * 4
    assert gate.shown == [(10.0, None), (10.2, still), (11.0, None), (11.2, None), (11.4, still)]


def test_a_clock_that_was_set_back_does_not_blind_it(gate, watch):
    watch.look([frame(10.0)])
    assert watch.look([frame(5.0, grey=0)]).startswith("picture 9 std")


def test_a_stop_ends_the_goal_brings_the_arm_to_rest_and_says_why(gate, tools, clock, home):
    inputs = PlannerInputs(ObservationHistory(1, 0.2, 0.1), 0.5, 0.25, 1.0, remember=1.0)
    tools = replace(tools, gate=gate)
    tools = replace(tools, world_model=type("Model", (), {"history": 1, "step": 0.2, "action_dim": 3})())
    settings = RunSettings(horizon=1.0, take_over=0.03, rest_speed=0.05, settle_time=0.3, no_progress_time=2.0)

    def see(grey):
        inputs.add_joints(JointState(home, np.zeros(7), clock.time), clock.time)
        inputs.add_image(np.full((4, 4, 3), grey, np.uint8), clock.time, clock.time)

    run = GoalRun(Goal(joints=home + 0.4 * np.eye(7)[0]), 10.0, tools, inputs, settings, Clocks(clock, clock))
    see(grey=9)
    step = run.step()
    assert step.outcome is None
    inputs.command(step.trajectory, clock.time)
    clock.time += 0.2
    see(grey=0)
    step = run.step()
    assert step.outcome.code is Code.SURPRISED and "the model's gate stopped the arm: picture 9 std" in step.outcome.message
    assert step.problem.part == "gate"
    assert step.trajectory.velocities[-1].tolist() == [0.0] * 7


PICTURE = np.random.default_rng(1).integers(60, 200, (16, 16, 3), dtype=np.uint8)


@pytest.fixture
def gated(tmp_path):
    """A small model of random weights, and a gate that knows noisy versions of one picture."""
    from wm_core.config import ModelCardConfig, WorldModelConfig
    from wm_core.model.checkpoint import save_world_model
    from wm_core.model.world_model import JepaWorldModel
    from wm_core.monitor import GateConfig, save_gate
    from wm_core.monitor.calibrate import Calibrated
    from wm_core.monitor.config import Thresholds
    from wm_core.monitor.gaussian import fit_gaussians
    from wm_core.monitor.sight import see_window
    from wm_core.monitor.signals import Statistics
    from wm_core.monitor.usual_error import UsualError
    from wm_core.monitor.usual_picture import UsualPicture

    torch.manual_seed(0)
    config = WorldModelConfig(image_size=16, visual_dim=8, joint_dim=4, channels=(4, 4), hidden=16)
    model = JepaWorldModel(config).eval()
    save_world_model(model, ModelCardConfig(model=config), tmp_path)
    random, clean = np.random.default_rng(0), []
    for _ in range(60):
        noisy = np.clip(PICTURE + random.normal(0.0, 8.0, PICTURE.shape), 0, 255).astype(np.uint8)
        seen = Observation(noisy, JointState(np.zeros(7), np.zeros(7), 0.0), 0.0)
        clean.append(see_window(model, [seen, seen], views=1))
    latent = torch.cat([sight.histories[:, -1:, :8] for sight in clean])
    early = fit_gaussians(torch.cat([sight.early for sight in clean]))
    largest = max(float(early.distance(sight.early)) for sight in clean)
    thresholds = Thresholds(picture=2.0 * largest)
    scene = UsualPicture(torch.zeros(60, 3), torch.cat([sight.cells for sight in clean]))
    statistics = Statistics(fit_gaussians(latent), early, UsualError(torch.zeros(1, 3), torch.ones(1)), scene)
    config = GateConfig(thresholds=thresholds, episodes=60, steps=1, checked=1, stopped=0)
    save_gate(Calibrated(config, statistics), tmp_path)
    return tmp_path


def test_a_black_picture_stops_the_arm_through_the_node(bench, gated):
    bench = bench("-p", "no_progress_time:=60.0", model=gated)
    bench.picture = PICTURE
    bench.activate()
    goal = Goal(image=PICTURE[::-1].copy(), position_tolerance=1e-3)
    handle = bench.send(goal, 60.0)
    count = len(bench.proposals)
    bench.until(lambda: len(bench.proposals) > count + 12)  # it goes on while all is as ever
    bench.picture = np.zeros_like(PICTURE)
    result = bench.end(handle)
    assert result.code == Code.SURPRISED and "colours or textures are far from those of the training data" in result.message
    count = len(bench.proposals)
    bench.until(lambda: bench.says("colours or textures are far"))
    assert len(bench.proposals) <= count + 1  # one may have been under way
    # A new goal is a person's word that they have looked: it is served, once the picture is what it was.
    bench.picture = PICTURE
    bench.until(lambda: bench.proposals and bench.planner._inputs.frames()[-1].image.any())
    count = len(bench.proposals)
    bench.send(goal, 60.0)
    bench.until(lambda: len(bench.proposals) > count)


def test_it_looks_into_the_model_behind_a_backend(bench, gated):
    from wm_core.config import save_config
    from wm_core.model.checkpoint import load_card

    save_config(load_card(gated).model_copy(update={"backend": "fused"}), gated / "config.yaml")
    bench = bench(model=gated)
    bench.activate()
    assert bench.planner._tools.gate is not None and bench.planner._tools.world_model.backend == "fused"


def test_a_gate_can_be_switched_off(bench, gated):
    bench = bench("-p", "gate:=false", model=gated)
    bench.activate()
    bench.picture = np.zeros_like(PICTURE)
    bench.send(Goal(image=PICTURE, position_tolerance=1e-3), 60.0)
    bench.until(lambda: len(bench.proposals) > 12)  # more than the three black moments after which the gate stops


def test_a_gate_of_other_weights_is_named(bench, gated):
    from wm_core.monitor.store import CONFIG

    text = (gated / CONFIG).read_text()
    (gated / CONFIG).write_text("\n".join(line for line in text.splitlines() if "sha256" not in line) + "\nmodel_sha256: '00'\n")
    bench = bench(model=gated)
    bench.planner.trigger_configure()
    bench.until(lambda: bench.says("was fitted to other weights; run `wm gate` again"))


def test_a_gate_that_needs_more_cameras_is_refused(bench, gated):
    from wm_core.monitor.store import CONFIG

    (gated / CONFIG).write_text((gated / CONFIG).read_text().replace("views: 1", "views: 2"))
    bench = bench(model=gated)
    bench.planner.trigger_configure()
    bench.until(lambda: bench.says("looks through 2 cameras; the planner reads one"))
