"""Counterfactual pairs: a model that knows causes answers right, one that takes them for the contrary does not."""

import pytest
import torch

from wm_core.model.action_mixture import ActionMixture
from wm_core.probing.branches import STEPS, Brancher
from wm_core.probing.suite import probe_pairs


def ask(model, table, policy=None, count=20):
    found = []
    for found in probe_pairs(model, policy, table, count, seed=0):
        pass
    return {f"{detector.group}, {detector.name}": detector for detector in found}


class Seeker:
    """A policy whose guess goes straight from the tool to the goal's tool, for longer than a pair lasts."""

    def __init__(self, sign):
        self.sign = sign

    def __call__(self, now, goal, about_object):
        way = self.sign * (goal[:, None, None, :3] - now[:, None, None, -1, :3]) / STEPS / 0.05
        return ActionMixture(torch.zeros(1, 1), way.expand(1, 1, 8, 3), torch.full((1, 1, 8, 3), 0.2))


def test_an_exact_model_is_right_on_every_pair(toy):
    found = ask(toy.ExactModel(), toy.ToyTable())
    for focus in ("scene", "object"):
        foreseen = found[f"counterfactual pairs, {focus}: end foreseen closer is closer"]
        assert foreseen.value == 1.0 and foreseen.passed
        assert found[f"action quality, {focus}: planner's cost picks the better"].value > 0.7
    assert not any("imitation" in name for name in found)


def test_wrong_causes_are_noticed(toy):
    found = ask(toy.ExactModel(gain=-1.0), toy.ToyTable())
    foreseen = found["counterfactual pairs, scene: end foreseen closer is closer"]
    assert foreseen.value < 0.5 and not foreseen.passed


def test_imitation_is_asked_the_same_pairs(toy):
    good, bad = (ask(toy.ExactModel(), toy.ToyTable(), Seeker(sign)) for sign in (1.0, -1.0))
    name = "action quality, scene: imitation's likelihood picks the better"
    # It knows where the tool shall go and nothing of the object, which has its share in the truth: not all are right.
    assert good[name].value > 0.7 and bad[name].value < 0.4
    planned = "action quality, scene: planner's cost picks the better"
    assert good[name].detail.split(", ")[1] == good[planned].detail.split(", ")[1]  # as many pairs


def test_all_futures_of_a_case_begin_in_one_state(toy):
    table = toy.ToyTable()
    for case in Brancher(table, toy.ExactModel()).cases(3, seed=1):
        start = case.seen[-1].joints.position[:3]
        assert len(case.seen) == 2
        for branch in (case.target, *case.options):
            assert branch.tool == pytest.approx(start + branch.controls.sum(0), abs=1e-9)
        assert (case.options[0].controls != case.options[1].controls).any()


def test_an_environment_that_does_not_repeat_itself_is_refused(toy):
    with pytest.raises(ValueError, match="does not repeat itself"):
        next(Brancher(toy.ToyTable(drift=1e-3), toy.ExactModel()).cases(1, seed=0))
