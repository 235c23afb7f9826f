"""Experience: learned from trials, asked only about what is like them, kept beside the model that it is about."""

import numpy as np
import pytest
import torch

from wm_core.agent import WorldModelAgent
from wm_core.config import ConfigError, PlannerConfig
from wm_core.model.checkpoint import CheckpointError, model_hash
from wm_core.planning import MpcPlanner
from wm_core.resources import find_model
from wm_core.skills.experience import FEWEST, Experience, SkillExperience, fit_experience
from wm_core.skills.experience_store import FILE, ExperienceError, load_experience, save_experience
from wm_core.skills.named import named_skills
from wm_core.skills.primitives import Lift, Push, Wait
from wm_core.skills.trial import SkillScene, SkillTrial
from wm_core.types import Goal, Pose

PART = np.array([0.5, 0.0, 0.04])
LEFT = Push("push left", np.pi / 2, distance=0.06)
WAY = np.array([0.0, 0.02, -0.08])  # m of the tool


def trial(imagined, true, way=WAY, skill="push left"):
    left = dict.fromkeys(("predicted_left_m", "imagined_left_m"))
    objects = dict(predicted_object_m=imagined, imagined_object_m=imagined, true_object_m=true, tool_way_m=way)
    rest = dict(predicted_cost=0, imagined_cost=0, astray_m=0, predicted_moved_m=0, true_moved_m=0, error_m=0)
    ends = dict(uncertainty_m=None, spread_m=None, reachable=True, graspable=None, lifted=None, distance_m=0, apart_m=0)
    return SkillTrial(skill=skill, **{name: tuple(value) for name, value in objects.items()}, **left, **rest, **ends)


def scenes_of(trials):
    return [SkillScene(seed=seed, trials=(one,)) for seed, one in enumerate(trials)]


def too_short(count, noise=0.0, seed=0):
    """Pushes of 9 cm, more or less, that are imagined 2 cm shorter and 1 cm aside."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        imagined = np.array([0.01, 0.07, 0.0]) + random.normal(0.0, 0.01, 3)
        yield trial(imagined, imagined + [-0.01, 0.02, 0.0] + random.normal(0.0, noise, 3))


def fit(trials, skill=LEFT):
    return fit_experience(scenes_of(trials), [skill], "abc")


def test_a_bias_is_learned():
    experience = fit(too_short(30))
    asked = [(fresh, experience.foretell(LEFT, np.array(fresh.imagined_object_m), WAY)) for fresh in too_short(10, seed=1)]
    answered = [(fresh, learned) for fresh, learned in asked if learned is not None]
    assert len(answered) >= 8
    for fresh, learned in answered:
        assert learned.object == pytest.approx(fresh.true_object_m, abs=1e-4) and learned.spread.max() < 1e-4


def test_what_only_the_way_of_the_tool_tells():
    """Imagined alike every time; what comes of it goes with where the tool ends."""
    ways = WAY + np.linspace(-0.02, 0.02, 40)[:, None] * [0.0, 1.0, 0.0]
    experience = fit([trial([0.0, 0.07, 0.0], [0.0, 0.07 + way[1], 0.0], way) for way in ways])
    farther, nearer = (experience.foretell(LEFT, np.array([0.0, 0.07, 0.0]), WAY + [0, by, 0]) for by in (0.01, -0.01))
    assert farther.object[1] - nearer.object[1] == pytest.approx(0.02, abs=0.002)


def test_the_spread_is_what_fresh_trials_miss():
    experience = fit(too_short(60, noise=0.005))
    missed = [
        experience.foretell(LEFT, np.array(fresh.imagined_object_m), WAY).object - fresh.true_object_m
        for fresh in too_short(60, noise=0.005, seed=1)
        if experience.foretell(LEFT, np.array(fresh.imagined_object_m), WAY) is not None
    ]
    assert len(missed) > 55
    assert np.sqrt(np.square(missed).mean(0)) == pytest.approx(experience.skills["push left"].spread, rel=0.35)


def test_few_trials_hardly_change_what_varies_little():
    """Noise of a millimetre is not taken for a rule: the gain stays that of the world model."""
    random = np.random.default_rng(0)
    trials = [trial(random.normal([0, 0.07, 0], 0.001), random.normal([0, 0.09, 0], 0.001)) for _ in range(FEWEST)]
    assert np.array(fit(trials).skills["push left"].gain) == pytest.approx(np.eye(3, 6), abs=0.15)


def test_nothing_is_said_about_what_was_never_tried_like_this():
    experience = fit(too_short(30))
    imagined = np.array([0.01, 0.07, 0.0])
    assert experience.foretell(LEFT, imagined, WAY) is not None
    assert experience.foretell(LEFT, np.zeros(3), WAY) is None  # imagined not to be touched
    assert experience.foretell(LEFT, imagined, WAY + [0.1, 0.0, 0.0]) is None
    assert experience.foretell(Push("push left", np.pi / 2, distance=0.05), imagined, WAY) is None
    assert experience.foretell(Wait(), imagined, WAY) is None


def test_what_hardly_moved_is_not_taken_for_what_is_not_touched():
    ways = [np.array([0.0, length, 0.0]) for length in np.linspace(0.008, 0.03, 20)]
    experience = fit([trial(way, way + [0.0, 0.02, 0.0]) for way in ways])
    assert experience.foretell(LEFT, ways[0], WAY).object == pytest.approx(ways[0] + [0.0, 0.02, 0.0], abs=1e-3)
    assert experience.foretell(LEFT, 0.5 * ways[0], WAY) is None


def test_too_few_trials():
    with pytest.raises(ValueError, match="too few trials of: push left; expected 10 or more"):
        fit(too_short(FEWEST - 1))


@pytest.fixture
def make_agent(robot, arm, fakes):
    def build(experience=None, part=PART):
        planner = MpcPlanner(robot, arm, PlannerConfig(), fakes.GraspingWorldModel(arm, part), threads=1)
        return WorldModelAgent(torch.nn.Identity(), torch.nn.Identity(), planner, experience=experience)

    return build


@pytest.fixture
def over(arm, home, fakes):
    joints = arm.inverse(Pose(np.array([0.5, 0.0, 0.12]), np.array([1.0, 0, 0, 0])), home)
    return fakes.observe(joints, 0.0)


def slides_on(rated, by):
    """The object always goes `by` (3,) m farther than this agent imagined."""
    offset = tuple((np.array(by)).tolist())
    seen = np.concatenate([rated.imagined, rated.tool_way])
    return SkillExperience(
        parameters={name: round(float(value), 6) for name, value in LEFT.parameters.items()}, trials=20, mean=offset,
        offset=offset, gain=tuple(map(tuple, np.eye(3, 6))), lower=tuple(seen - 0.005), upper=tuple(seen + 0.005), least=0.0,
        spread=(0.003, 0.004, 0.0),
    )  # fmt: skip


def test_the_agent_ranks_by_what_it_learned(make_agent, over):
    goal = Goal(object_position=PART + [0.0, 0.06, 0.0])
    ranked = make_agent().rank_skills(over, goal, (LEFT, Lift(), Wait()))
    assert ranked[0].name == "push left" and ranked[0].spread is None and np.array_equal(ranked[0].object, ranked[0].imagined)
    experience = Experience(model_sha256="abc", skills={"push left": slides_on(ranked[0], (0.0, 0.1, 0.0))})
    learned = make_agent(experience)
    rated = {one.name: one for one in learned.rank_skills(over, goal, (LEFT, Lift(), Wait()))}
    assert next(iter(rated)) == "wait"  # pushed, it would slide too far
    push = rated["push left"]
    assert push.object == pytest.approx(push.imagined + [0.0, 0.1, 0.0]) and push.uncertainty == pytest.approx(0.005)
    assert push.imagined_cost == pytest.approx(ranked[0].cost) and push.left == pytest.approx([0, 0.06, 0] - push.object, abs=1e-6)
    assert push.cost == pytest.approx(2.0 * np.hypot(np.linalg.norm(push.left), 0.005), abs=1e-5)
    assert rated["lift"].cost == rated["lift"].imagined_cost
    assert learned.with_obstacles([]).experience is experience


def test_an_object_that_is_elsewhere_is_left_to_the_world_model(make_agent, over):
    goal = Goal(object_position=PART + [0.0, 0.06, 0.0])
    (there,) = make_agent().rank_skills(over, goal, (LEFT,))
    experience = Experience(model_sha256="abc", skills={"push left": slides_on(there, (0.0, 0.1, 0.0))})
    (elsewhere,) = make_agent(experience, PART + [0.1, 0.0, 0.0]).rank_skills(over, goal, (LEFT,))
    assert elsewhere.moved_by == 0.0 and elsewhere.spread is None


def test_a_goal_that_says_nothing_of_the_object_is_ranked_as_imagined(make_agent, over, home):
    goal = Goal(joints=home)
    (plain,) = make_agent().rank_skills(over, goal, (LEFT,))
    experience = Experience(model_sha256="abc", skills={"push left": slides_on(plain, (0.0, 0.1, 0.0))})
    (learned,) = make_agent(experience).rank_skills(over, goal, (LEFT,))
    assert learned.left is None and learned.cost == plain.cost and learned.object[1] == pytest.approx(plain.object[1] + 0.1)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.sha256").write_text("abc  model.safetensors\n")
    return tmp_path


def test_kept_beside_the_model(folder):
    assert load_experience(folder) is None
    experience = fit(too_short(30, noise=0.002))
    save_experience(experience, folder)
    assert load_experience(folder) == experience and (folder / FILE).stat().st_size < 2000


def test_the_shipped_model_has_experience_with_every_named_skill():
    experience = load_experience(find_model("panda_table"))
    for skill in named_skills():
        known = experience.skills[skill.name]
        middle = (np.array(known.lower) + known.upper) / 2
        learned = experience.foretell(skill, middle[:3], middle[3:])  # parameters are those that it was tried with
        assert np.linalg.norm(learned.object - known.mean) < 0.02 and (learned.spread < 0.04).all()


def test_of_other_weights(folder):
    save_experience(fit(too_short(30)), folder)
    (folder / "model.sha256").write_text("def  model.safetensors\n")
    with pytest.raises(ExperienceError, match="fitted to other weights; fit it again"):
        load_experience(folder)
    with pytest.raises(CheckpointError, match="model.sha256 is missing"):
        model_hash(folder / "nowhere")


def test_a_file_that_is_damaged(folder):
    save_experience(fit(too_short(30)), folder)
    text = (folder / FILE).read_text()
    for broken in (text.replace("offset:", "ofset:"), text.replace("trials: 30", "trials: .nan"), "[]"):
        (folder / FILE).write_text(broken)
        with pytest.raises(ConfigError):
            load_experience(folder)
