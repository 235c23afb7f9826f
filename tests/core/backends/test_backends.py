"""Whatever computes the rollouts, the futures are those of the model, or the backend is refused."""

import logging
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from wm_core.backends import BACKENDS, BackendError, as_the_card_says, choose_backend, with_backend
from wm_core.backends.backed_model import BackedWorldModel
from wm_core.backends.choose import AUTOMATIC, make_rollout
from wm_core.backends.kernel_rollout import ALONE, PAIR, KernelRollout, kernel_options
from wm_core.backends.rollout_weights import rollout_weights
from wm_core.backends.verify import measure_agreement, verify
from wm_core.config import WorldModelConfig
from wm_core.model.checkpoint import load_world_model
from wm_core.model.world_model import JepaWorldModel
from wm_core.protocols import WorldModel
from wm_core.resources import find_model
from wm_core.types import JointState, Observation

SHIPPED = ("panda_table", "panda_tabletop")  # with gripper, object and touch head; and without any of them
SMALL = dict(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32)
OBJECTS = dict(action_dim=4, gripper=True, objects=True, touch=True)


def made(**changes) -> JepaWorldModel:
    torch.manual_seed(0)
    return JepaWorldModel(WorldModelConfig(**(SMALL | changes))).eval().requires_grad_(False)


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request) -> JepaWorldModel:
    return load_world_model(find_model(request.param), torch.device("cpu"))


def case(model: JepaWorldModel, samples: int = 6, horizon: int = 4):
    config, generator = model.config, torch.Generator().manual_seed(3)
    latent = torch.randn(config.history, config.visual_dim + config.joint_dim, generator=generator)
    actions = 0.03 * torch.randn(samples, horizon, config.action_dim, generator=generator)
    return latent, actions


def need_onnx(name: str) -> None:
    if name.startswith("onnx"):
        pytest.importorskip("onnxruntime", reason="requirements/bench.txt is not installed")


@pytest.mark.parametrize("name", ["fused", "onnx"])
def test_float32_backends_see_what_a_shipped_model_sees(shipped, name):
    need_onnx(name)
    latent, actions = case(shipped)
    backed = with_backend(shipped, name, *actions.shape[:2])
    assert isinstance(backed, WorldModel)
    with torch.inference_mode():
        torch.testing.assert_close(backed.rollout(latent, actions), shipped.rollout(latent, actions), rtol=1e-4, atol=1e-4)


def test_a_fused_step_is_a_step_of_a_shipped_model(shipped):
    _, actions = case(shipped)
    begun = torch.randn(len(actions), shipped.history, shipped.config.visual_dim + shipped.config.joint_dim)  # each from elsewhere
    backed, other = with_backend(shipped, "fused", *actions.shape[:2]), shipped.other_predictors[0]
    with torch.inference_mode():
        found = backed.next(begun, actions[:, 0])
        torch.testing.assert_close(found, shipped.next(begun, actions[:, 0]), rtol=1e-4, atol=1e-4)
        assert torch.equal(backed.next(begun, actions[:, 0], other), shipped.next(begun, actions[:, 0], other))
        assert not torch.equal(found, shipped.next(begun, actions[:, 0])), "it is the model that was asked, not the backend"


@pytest.mark.parametrize("name", ["fused-bf16", "onnx-int8"])
def test_fewer_bits_misjudge_by_no_more_than_is_allowed_and_by_more_than_nothing(shipped, name):
    need_onnx(name)
    found = measure_agreement(shipped, make_rollout(shipped, name), horizon=5)
    assert 1e-4 < found.error < 0.15 and found.regret < 0.15


@pytest.mark.parametrize("changes", [dict(history=1), dict(history=3), OBJECTS, dict(action_conditioned=False)])
@pytest.mark.parametrize("name", ["fused", "onnx"])
def test_other_models_are_served_alike(name, changes):
    need_onnx(name)
    model = made(**changes)
    latent, actions = case(model)
    for horizon in (1, 4):
        wanted = model.rollout(latent, actions[:, :horizon])
        torch.testing.assert_close(make_rollout(model, name).rollout(latent, actions[:, :horizon]), wanted, rtol=1e-4, atol=1e-5)


WHOLE = dict(joint_dim=16)  # what the kernel needs: a latent that is a multiple of 16


def on_cpu(model: JepaWorldModel, launch_with, team=PAIR) -> KernelRollout:
    weights = rollout_weights(model, model.predictor)
    return KernelRollout(weights, {team: launch_with(kernel_options(weights, team))}, most=100 if team is PAIR else 0)


@pytest.mark.parametrize("changes", [{}, dict(history=3), OBJECTS, OBJECTS | dict(hidden=560, history=1), dict(visual_dim=144)])
@pytest.mark.parametrize("team", [ALONE, PAIR])
def test_the_kernel_sees_what_the_model_sees(rollout_launch_on_cpu, changes, team):
    model = made(**(WHOLE | changes))
    latent, actions = case(model, samples=20)  # for two teams and a half
    rollout = on_cpu(model, rollout_launch_on_cpu, team)
    for horizon in (1, 4):
        wanted = model.rollout(latent, actions[:, :horizon])
        found = rollout.rollout(latent, actions[:, :horizon])
        assert found.shape == wanted.shape
        # Factors are rounded to 11 bits, 5e-4 of each: sums of some hundred terms of about one are off by a few thousandths,
        # where an index that is wrong is off by about one.
        assert float((found - wanted).abs().max()) < 0.02
        assert float((found - wanted).square().mean().sqrt()) < 2e-3


def test_the_kernel_agrees_with_shipped_models(rollout_launch_on_cpu, shipped):
    agreement = measure_agreement(shipped, on_cpu(shipped, rollout_launch_on_cpu), horizon=3)
    assert max(agreement.error, agreement.regret) <= 0.02  # of a longest step; allowed for it are 0.15


def test_models_that_the_kernel_does_not_know_are_refused_with_the_reason():
    model = made()
    with pytest.raises(BackendError, match=r"multiples of 16, not \[20, 32, 32\]"):
        KernelRollout(rollout_weights(model, model.predictor), {ALONE: lambda *_: None})


@pytest.mark.parametrize("device, has_it, tried", [("cpu", True, ["fused"]), ("cuda", True, ["fused-cuda"]), ("cuda", False, ["fused-cuda", "fused"])])
def test_a_card_that_says_fused_gets_the_kernel_where_there_is_one(monkeypatch, device, has_it, tried):
    asked = []

    def with_this(model, name, *_):
        asked.append(name)
        if name == "fused-cuda" and not has_it:
            raise BackendError("no kernel")
        return name

    monkeypatch.setattr("wm_core.backends.choose.with_backend", with_this)
    model = SimpleNamespace(device=torch.device(device))
    assert as_the_card_says(model, "fused", 8, 3) == tried[-1] and asked == tried
    assert as_the_card_says(model, "fused-bf16", 8, 3) == "fused-bf16"  # what it says is done, but for that


def test_without_a_gpu_its_backend_is_refused():
    with pytest.raises(BackendError, match="NVIDIA GPU, and the model is on cpu"):
        with_backend(made(), "fused-cuda", 8, 3)


def test_what_nobody_touches_stays_where_it_is():
    model = made(**OBJECTS)
    model.touch_head.layers[-1].bias.fill_(-30.0)  # foresees no touch at all
    latent, actions = case(model, horizon=6)
    for dtype in ("fused", "fused-bf16"):
        future = make_rollout(model, dtype).rollout(latent, actions)
        way = model.motion(latent.expand_as(future), future)[1]
        # Only the damping, a millionth, is let through, of motions of centimetres to decimetres.
        assert float(way.abs().max()) < 1e-4


def test_a_future_stays_as_it_was_when_the_next_one_is_imagined():
    model = made()
    backed, (latent, actions) = with_backend(model, "fused", 6, 4), case(model)
    first = backed.rollout(latent, actions)
    kept = first.clone()
    backed.rollout(latent + 1.0, actions)
    assert torch.equal(first, kept)


def test_a_gradient_comes_back_from_a_backed_model():
    model = made()
    backed, (latent, actions) = with_backend(model, "fused", 6, 4), case(model)
    actions.requires_grad_()
    backed.rollout(latent, actions).sum().backward()
    assert float(actions.grad.abs().sum()) > 0.0


def test_other_members_of_the_ensemble_are_imagined_by_themselves():
    model = made(ensemble=2)
    backed, (latent, actions) = with_backend(model, "fused", 6, 4), case(model)
    other = model.other_predictors[0]
    assert torch.equal(backed.rollout(latent, actions, other), model.rollout(latent, actions, other))


@pytest.mark.parametrize("name", ["fused", "fused-bf16"])
def test_no_rounding_counts_as_doubt(shipped, name):
    backed, (latent, actions) = with_backend(shipped, name, 6, 4), case(shipped)
    with torch.inference_mode():
        for controls in (actions, actions[0]):
            wanted = shipped.uncertainty(latent, controls)
            torch.testing.assert_close(backed.uncertainty(latent, controls), wanted, rtol=1e-3, atol=1e-5)


def test_a_backend_that_sees_other_futures_is_refused():
    model, other = made(), made()
    other.predictor.layers[0].weight.mul_(2.0)
    with pytest.raises(BackendError, match="'fused' does not agree with the model: it misjudges futures by up to"):
        verify(model, "fused", make_rollout(other, "fused"), horizon=4)


def test_a_backend_that_sees_nan_is_refused():
    model, other = made(), made()
    other.predictor.layers[0].bias[0] = torch.nan
    with pytest.raises(BackendError, match="does not agree"):
        verify(model, "fused", make_rollout(other, "fused"), horizon=4)


def test_a_convolutional_predictor_is_left_to_torch():
    model = made(latent="grid", predictor="conv", visual_dim=64)
    with pytest.raises(BackendError, match="only MLP predictors have fast backends, and this model has a GridPredictor"):
        with_backend(model, "fused", 8, 3)
    choice = choose_backend(model, 8, 3)
    assert choice.backend == "torch" and choice.model is model and "fused" in choice.refused


def test_auto_says_what_it_took_and_why(caplog):
    model = made()
    with caplog.at_level(logging.INFO, logger="wm_core.backends.choose"):
        with_backend(model, "auto", 8, 3)
    assert "backend '" in caplog.text and "torch" in caplog.text and " ms" in caplog.text
    choice = choose_backend(model, 8, 3)
    assert choice.rollout_ms[choice.backend] == min(choice.rollout_ms.values())
    assert set(choice.rollout_ms) | set(choice.refused) == set(AUTOMATIC)
    assert "onnx-int8" in BACKENDS and "onnx-int8" not in AUTOMATIC  # 8 bits are for `wm export` to judge


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    model = made()
    monkeypatch.setitem(sys.modules, "onnx", None)  # as if it were not installed
    with pytest.raises(BackendError, match="needs the package onnx: pip install .*requirements/bench.txt"):
        with_backend(model, "onnx", 8, 3)
    assert "onnx" in choose_backend(model, 8, 3).refused


def test_without_the_runtime_it_says_how_to_get_it(monkeypatch):
    pytest.importorskip("onnx", reason="requirements/bench.txt is not installed")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BackendError, match="need the package onnxruntime: pip install .*requirements/bench.txt"):
        with_backend(made(), "onnx", 8, 3)


def test_a_backed_model_offers_all_that_a_model_offers():
    own = {name for name in vars(JepaWorldModel) if not name.startswith("_")} - {"forward"}
    missing = [name for name in own if not hasattr(with_backend(made(), "fused", 8, 3), name)]
    assert not missing


def look(seed: int, opening: float | None = None) -> Observation:
    numbers = np.random.default_rng(seed)
    picture = numbers.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return Observation(picture, JointState(numbers.uniform(-1.0, 1.0, 7), np.zeros(7), float(seed)), float(seed), opening)


@pytest.mark.parametrize("opening", [None, 0.03])
def test_a_picture_is_encoded_once_and_what_is_felt_with_it_anew(opening, monkeypatch):
    model = made(**({} if opening is None else OBJECTS))
    shown, visual = [], model.encoder.visual
    monkeypatch.setattr(model.encoder, "visual", lambda pictures: shown.append(len(pictures)) or visual(pictures))
    backed = BackedWorldModel(model, "fused", make_rollout(model, "fused"))
    first, second, third = (look(seed, opening) for seed in range(3))
    windows = ([first, second], [first, second], [second, third])
    with torch.inference_mode():
        found = [backed.encode(window) for window in windows]
        assert shown == [1, 1, 1]  # three pictures in six places
        for window, latent in zip(windows, found):
            torch.testing.assert_close(latent, model.encode(window), rtol=1e-5, atol=1e-5)
        shown.clear()
        moved = replace(third, joints=replace(third.joints, position=third.joints.position + 0.5))
        assert not torch.equal(backed.encode([second, moved])[1], backed.encode([second, third])[1])
        third.image[:] = 255 - third.image  # somebody draws into it
        backed.encode([second, third])
        assert shown == [1]


def test_a_latent_of_inference_mode_is_not_handed_to_who_wants_a_gradient():
    model = made()
    backed, window = with_backend(model, "fused", 6, 4), [look(0), look(1)]
    with torch.inference_mode():
        backed.encode(window)
    with torch.no_grad():
        latent = backed.encode(window)
    actions = torch.zeros(1, 3, 3, requires_grad=True)
    backed.rollout(latent, actions).sum().backward()
    assert float(actions.grad.abs().sum()) > 0.0
