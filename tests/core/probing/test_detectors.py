"""Each detector passes on a model that knows its world, and notices the fault that it is there for."""

import dataclasses

import numpy as np
import pytest
import torch

from wm_core.probing.action_rank import action_rank_detectors
from wm_core.probing.collapse import collapse_detectors
from wm_core.probing.distance import distance_detectors
from wm_core.probing.encoded import draw_moments, encode_episodes
from wm_core.probing.prediction import prediction_detectors
from wm_core.probing.rank_correlation import spearman
from wm_core.probing.readouts import readout_detectors
from wm_core.probing.result import at_least, at_most, reported


@pytest.fixture(scope="module")
def episodes(toy):
    return encode_episodes(toy.ExactModel(), toy.ToyDataset(40), 40, seed=0)


def by_name(detectors):
    return {detector.name: detector for detector in detectors}


def test_rank_correlation_by_hand():
    # Ranks 0, 1.5, 1.5, 3 and 0, 2, 1, 3; centred, their product sums to 4.5, their squares to 4.5 and 5.
    assert spearman(np.array([1, 2, 2, 3]), np.array([1, 3, 2, 4])) == pytest.approx(4.5 / np.sqrt(4.5 * 5.0))
    assert spearman(np.array([1.0, 2.0, 9.0]), np.array([5.0, 4.0, -7.0])) == pytest.approx(-1.0)
    assert np.isnan(spearman(np.zeros(4), np.arange(4)))


def test_what_is_no_number_fails():
    for detector in (at_least("g", "n", np.nan, 0.0), at_most("g", "n", np.nan, 0.0), reported("g", "n", np.inf)):
        assert detector.value is None and detector.passed is False
    assert reported("g", "n", 1.0).passed is None
    assert at_most("g", "n", 1.0, 1.0).passed and at_least("g", "n", 1.0, 1.0).passed
    assert at_most("g", "n", 1.1, 1.0).passed is False and at_least("g", "n", 0.9, 1.0).passed is False


def test_moments_in_contact_have_touch_ahead_and_room(toy, episodes):
    places = draw_moments(episodes, history=2, ahead=3, count=100, seed=0, touched=True)
    assert len(places.episode) > 10
    assert places.moment.min() >= 1 and places.moment.max() <= 12 - 3
    for episode, moment in zip(places.episode, places.moment):
        assert episodes.touch[episode, moment : moment + 3].any()


def test_collapse_is_noticed(toy, episodes):
    model = toy.ExactModel()
    random = torch.randn(episodes.latents.shape, generator=torch.Generator().manual_seed(0))
    healthy = by_name(collapse_detectors(model, dataclasses.replace(episodes, latents=random)))
    # Six equal variances: the entropy of the spectrum is that of six directions, but for sampling.
    assert healthy["effective rank"].value == pytest.approx(6.0, abs=0.1)
    assert healthy["dead dimensions"].passed
    random[..., 1:] = 0.0
    collapsed = by_name(collapse_detectors(model, dataclasses.replace(episodes, latents=random)))
    assert collapsed["effective rank"].value == pytest.approx(1.0, abs=0.01) and not collapsed["effective rank"].passed
    assert collapsed["dead dimensions"].value == 5 and not collapsed["dead dimensions"].passed


def test_an_exact_model_predicts_because_of_the_actions(toy, episodes):
    found = by_name(prediction_detectors(toy.ExactModel(), episodes, seed=0))
    # What is left is the rounding of pictures to 0.1 mm, against steps of centimetres.
    assert found["error / persistence, H = 1"].value < 1e-3
    assert found["error / persistence, H = 10"].value < 0.05
    assert all(detector.passed for detector in found.values())
    assert "error with shuffled actions / true ones, H = 10, in contact" in found
    assert found["object's part: error / persistence, H = 5, in contact"].value < 0.05


def test_a_model_that_moves_the_arm_alone_is_noticed_by_its_object_part(toy, episodes, monkeypatch):
    monkeypatch.setattr(toy, "TOUCH", 0.0)  # for the model; the episodes are there already
    found = by_name(prediction_detectors(toy.ExactModel(), episodes, seed=0))
    # No push is foreseen, so the object's part is as good as persistence; the arm's share hides half of that in the rest.
    assert found["object's part: error / persistence, H = 5, in contact"].value == pytest.approx(1.0)
    assert found["error / persistence, H = 5"].value < 0.5


def test_a_model_that_ignores_actions_is_noticed(toy, episodes):
    found = by_name(prediction_detectors(toy.ExactModel(gain=0.0), episodes, seed=0))
    assert found["error / persistence, H = 5"].value == pytest.approx(1.0)
    assert found["error with shuffled actions / true ones, H = 10"].value == pytest.approx(1.0)
    assert not any(detector.passed for detector in found.values())


def test_the_rank_of_the_true_action(toy, episodes):
    exact = action_rank_detectors(toy.ExactModel(), episodes, seed=0)
    assert len(exact) == 2 and all(detector.value < 0.02 and detector.passed for detector in exact)
    blind = action_rank_detectors(toy.ExactModel(gain=0.0), episodes, seed=0)
    assert all(detector.value == 0.5 and not detector.passed for detector in blind)
    # Whoever takes every action for its contrary finds the true one among the worst, on average past chance.
    assert action_rank_detectors(toy.ExactModel(gain=-1.0), episodes, seed=0)[0].value > 0.7


def test_distances_of_an_exact_model_are_monotone_and_a_flat_cost_is_noticed(toy, episodes):
    found = by_name(distance_detectors(toy.ExactModel(), episodes, seed=0))
    assert found["planner's object distance and object"].value > 0.99
    assert found["planner's distance and tool"].value > 0.9  # the object has its share in it
    flat = by_name(distance_detectors(toy.ExactModel(flat=True), episodes, seed=0))
    assert flat["planner's distance and tool"].passed is False and flat["planner's distance and tool"].value is None


def test_an_object_that_rests_is_not_asked_about(toy):
    still = encode_episodes(toy.ExactModel(), toy.ToyDataset(5, reach=2.0), 5, seed=0)
    names = by_name(distance_detectors(toy.ExactModel(), still, seed=0))
    assert set(names) == {"planner's distance and tool", "plain latent distance and tool"}


def test_probes_read_what_is_there_and_not_what_is_not(toy, episodes):
    model = toy.ExactModel()
    fresh = encode_episodes(model, toy.ToyDataset(20, seed=1), 20, seed=0)
    found = by_name(readout_detectors(model, episodes, fresh, seed=0))
    assert found["end effector, linear"].value < 1e-3 and found["object, linear"].value < 1e-3
    assert found["end effector, MLP"].passed and found["object, MLP"].passed
    assert "gripper opening, MLP" not in found  # it never changes in this data
    noise = [dataclasses.replace(part, latents=torch.randn(part.latents.shape, generator=torch.Generator().manual_seed(seed)))
             for seed, part in enumerate((episodes, fresh))]
    blind = by_name(readout_detectors(model, *noise, seed=0))
    assert not blind["end effector, MLP"].passed and not blind["object, MLP"].passed
