"""Terms of the loss on cases whose value is known."""

import dataclasses

import pytest
import torch
from torch.nn import functional

from wm_core.config import LossConfig, WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.losses import ensemble_loss, imagine, world_model_loss
from wm_core.training.metric_loss import MetricTargets, felt_motion, metric_loss, metric_targets
from wm_core.training.regularisers import sigreg, vicreg
from wm_core.training.windows import Windows

CONFIG = WorldModelConfig(image_size=32, visual_dim=16, joint_dim=4, channels=(4, 8), hidden=32, dropout=0.0)


class Rule(torch.nn.Module):
    """A predictor made of a plain function."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def forward(self, history, action):
        return self.rule(history, action)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def windows(batch: int = 8, time: int = 4) -> Windows:
    seeded = generator()
    images = torch.randint(0, 256, (batch, time, 3, 32, 32), generator=seeded, dtype=torch.uint8)
    actions = 0.05 * torch.randn(batch, time - 1, 3, generator=seeded)
    tool = functional.pad(actions.cumsum(1), (0, 0, 1, 0))
    none = torch.zeros(batch, time)
    return Windows(
        images=images,
        joints=torch.randn(batch, time, 7, generator=seeded),
        gripper=none,
        tool=tool,
        object=torch.zeros_like(tool),
        actions=actions,
        carried=torch.zeros_like(actions),
        touch=none[:, 1:],
        carried_before=torch.zeros(batch, 3),
        touched_before=none[:, 0],
        place=torch.zeros_like(tool),
        certainty=none,
    )


def test_sigreg_is_small_for_a_gaussian_and_large_for_a_point():
    # Expected value under the null: the empirical characteristic function has variance (1 - phi^2 terms) / N, times N,
    # integrated under the window: of order 1 whatever N. A constant latent has error (1 - exp(-t^2/2))^2, times N.
    gaussian = sigreg(torch.randn(1000, 8, generator=generator()), generator())
    point = sigreg(torch.zeros(1000, 8), generator())
    assert gaussian < 2.0
    assert point > 50.0 * gaussian


def test_sigreg_of_a_point_is_the_integral_by_hand():
    # All latents 0: cos = 1, sin = 0. 2 N * integral over [0, 3] of (1 - e^{-t^2/2})^2 e^{-t^2/2} dt
    #   = 2 N (I1 - 2 I2 + I3), Ik = integral of e^{-k t^2/2} = sqrt(pi / (2 k)) erf(3 sqrt(k / 2))
    #   I1 = 1.24993, I2 = 0.88621, I3 = 0.72360  ->  0.20111; N = 100: 40.2
    assert float(sigreg(torch.zeros(100, 4), generator())) == pytest.approx(40.2, rel=0.02)


def test_vicreg_of_a_collapsed_batch():
    # No spread: relu(1 - sqrt(0 + 1e-4)) = 0.99, times 25; no covariance.
    assert float(vicreg(torch.ones(10, 4))) == pytest.approx(24.75)


def test_vicreg_punishes_repeated_dimensions():
    column = torch.randn(5000, 1, generator=generator())
    column = (column - column.mean()) / column.std()
    # Two equal columns of variance 1: covariance 1 off the diagonal twice, divided by D = 2: 1.
    assert float(vicreg(column.repeat(1, 2))) == pytest.approx(1.0, abs=1e-2)


def test_straight_latents_have_no_inverse_dynamics_loss():
    torch.manual_seed(0)
    model = JepaWorldModel(CONFIG)
    batch = windows()

    class Straight(torch.nn.Module):
        def visual(self, images):
            raise AssertionError("not needed")

        def forward(self, images, joints):
            # The visual latent holds the tool position in its first three dimensions.
            return functional.pad(batch.tool, (0, 17))

    model.encoder = Straight()
    model.metric.map.weight.data.zero_()
    model.metric.map.weight.data[:, :3] = torch.eye(3)
    # A predictor that adds the action is perfect in the first three dimensions.
    model.predictor = Rule(lambda history, action: history[:, -1] + functional.pad(action, (0, 17)))
    terms = world_model_loss(model, batch, LossConfig(), generator())
    assert float(terms.inverse_dynamics) == pytest.approx(0.0, abs=1e-8)
    assert float(terms.prediction) == pytest.approx(0.0, abs=1e-8)


def test_every_term_reaches_the_encoder():
    torch.manual_seed(0)
    model = JepaWorldModel(CONFIG)
    batch = windows()
    for name in ("prediction", "regularisation", "inverse_dynamics"):
        model.zero_grad(set_to_none=True)
        getattr(world_model_loss(model, batch, LossConfig(), generator()), name).backward()
        gradient = model.encoder.project.weight.grad
        assert gradient is not None and gradient.abs().max() > 0, name


def test_a_probe_reads_without_shaping():
    torch.manual_seed(0)
    model = JepaWorldModel(CONFIG)
    latents = model.encoder(windows().images, windows().joints)
    model.tool_probe(latents[..., :16]).sum().backward()
    assert model.encoder.project.weight.grad is None
    assert model.tool_probe.layers[0].weight.grad.abs().max() > 0


def test_imagining_uses_each_action_in_turn():
    model = JepaWorldModel(CONFIG)
    model.predictor = Rule(lambda history, action: history[:, -1] + action.sum(-1, keepdim=True))
    latents = torch.zeros(1, 4, 20)
    actions = torch.tensor([[[9.0, 0, 0], [1.0, 0, 0], [2.0, 0, 0]]])
    # K = 2: the first action lies between the two given moments; then 0 + 1 = 1, 1 + 2 = 3.
    assert imagine(model, latents, actions)[0, :, 0].tolist() == [1.0, 3.0]


OBJECTS = CONFIG.model_copy(update={"action_dim": 4, "gripper": True, "objects": True})


def object_windows() -> Windows:
    batch = windows()
    seeded = generator()
    opening = 0.08 * torch.rand(8, 4, generator=seeded)
    carried = 0.02 * torch.randn(8, 3, 3, generator=seeded)
    actions = functional.pad(batch.actions, (0, 1))
    return dataclasses.replace(batch, gripper=opening, carried=carried, actions=actions)


def test_felt_motion_is_measured_where_something_may_be_in_the_way():
    batch = object_windows()
    blocked = dataclasses.replace(batch, tool=0.5 * batch.tool)  # the arm got half as far as it was told
    felt = felt_motion(JepaWorldModel(OBJECTS), blocked)
    targets = felt - felt[:, :1]  # only differences mean anything
    torch.testing.assert_close(targets[..., :3], 0.5 * (batch.tool - batch.tool[:, :1]))
    torch.testing.assert_close(targets[:, -1, 3], batch.gripper[:, -1] - batch.gripper[:, 0])
    torch.testing.assert_close(targets[:, -1, 4:], batch.carried.sum(1))
    # Free motion, as of the model that only reaches, is taken from what was commanded.
    torch.testing.assert_close(felt_motion(JepaWorldModel(CONFIG), windows())[:, -1], windows().actions.sum(1))


def test_the_parts_of_the_metric_weigh_as_configured():
    model = JepaWorldModel(OBJECTS)
    batch = object_windows()
    batch = dataclasses.replace(
        batch, actions=torch.zeros(8, 3, 4), tool=torch.zeros(8, 4, 3), carried=torch.zeros(8, 3, 3), gripper=torch.zeros(8, 4)
    )
    ramp = torch.tensor([0.0, 0.0, 0.0, 0.01])  # nothing moved, and the map says that the last moment lies 1 cm away

    class Off(torch.nn.Module):
        tool, gripper, object = slice(0, 3), slice(3, 4), slice(4, 7)

        def __init__(self, part: slice) -> None:
            super().__init__()
            self.part = part

        def forward(self, visual):
            out = torch.zeros(*visual.shape[:-1], 7)
            out[..., self.part] = ramp[:, None]
            return out

    found = []
    for part in (Off.tool, Off.gripper, Off.object):
        model.metric = Off(part)
        found.append(float(world_model_loss(model, batch, LossConfig(object=3.0), generator()).inverse_dynamics.detach()))
    # 6 of the 16 ordered pairs are 1 cm off: 6/16 * (0.01 / 0.05)^2 = 0.015 for the tool, whose longest step is 5 cm;
    # half the stroke, 4 cm, counts as such a step: 6/16 * (0.01 / 0.04)^2 = 0.0234; the object weighs 3 times the tool.
    assert found == pytest.approx([0.015, 0.0234375, 0.045])


def test_members_of_the_ensemble_learn_apart_and_leave_the_encoder_alone():
    model = JepaWorldModel(CONFIG.model_copy(update={"ensemble": 3}))
    batch = windows()
    latents = model.encoder(batch.images, batch.joints)
    ensemble_loss(model, latents.detach(), latents.detach(), batch.actions, generator()).backward()
    assert model.encoder.project.weight.grad is None and model.predictor.layers[0].weight.grad is None
    one, other = (member.layers[0].weight.grad for member in model.other_predictors)
    assert one.abs().max() > 0 and not torch.equal(one, other)


def test_each_member_sees_another_bootstrap_of_the_batch():
    model = JepaWorldModel(CONFIG.model_copy(update={"ensemble": 2}))
    model.other_predictors[0] = Rule(lambda history, action: history[:, -1])
    aims = torch.zeros(4, 4, 20)
    latents = torch.zeros(4, 4, 20)
    latents[0] = 1.0  # the one window that is predicted wrongly, by 1 everywhere
    found = [ensemble_loss(model, latents, aims, torch.zeros(4, 3, 3), torch.Generator().manual_seed(n)) for n in range(400)]
    # Its weight is exponential, mean 1 and deviation 1; it is one of four windows: 0.25 on average, 0.25 spread.
    assert float(torch.stack(found).mean()) == pytest.approx(0.25, abs=0.05)
    assert float(torch.stack(found).std()) == pytest.approx(0.25, abs=0.06)


def test_a_slow_target_is_predicted_instead_and_gets_no_gradient():
    model = JepaWorldModel(CONFIG)
    target = JepaWorldModel(CONFIG).encoder
    batch = windows()
    plain = world_model_loss(model, batch, LossConfig(), generator())
    aimed = world_model_loss(model, batch, LossConfig(regulariser="ema"), generator(), target)
    aimed.total.backward()
    assert not torch.equal(plain.prediction, aimed.prediction) and float(aimed.regularisation) == 0.0
    assert all(parameter.grad is None for parameter in target.parameters())


def test_far_pairs_compare_moments_of_two_windows():
    model = JepaWorldModel(OBJECTS)
    batch = object_windows()
    near, far = LossConfig(), LossConfig(far_pairs=True)
    # The second window of each episode began 1 m further on: within a window nothing tells, across two it does.
    shift = torch.tensor([0.0, 1.0]).repeat(4)[:, None].expand(8, 3)
    moved = dataclasses.replace(batch, carried_before=shift)

    def inverse(windows_, weights):
        return float(world_model_loss(model.eval(), windows_, weights, generator()).inverse_dynamics)

    assert inverse(moved, near) == pytest.approx(inverse(batch, near), rel=1e-5)
    # (1 m / 4 cm)^2 on three axes, for the half of the pairs that are across, mean over the three: 312, less or more
    # by what the untrained map reads.
    longest = OBJECTS.max_step
    assert inverse(moved, far) - inverse(batch, far) == pytest.approx(0.5 / longest**2, rel=0.3)
    # Twelve steps with touch in between, each with four times a pair's own variance: 1 / 49 of it.
    touched = dataclasses.replace(moved, touched_before=12.0 * shift[:, 0], touch=torch.zeros_like(batch.touch))
    doubted = LossConfig(far_pairs=True, touch_noise=4.0)
    assert inverse(touched, doubted) < 0.05 * inverse(moved, far)



def test_absolute_places_tie_episodes_together():
    # One window a moment long in effect: the metric reads x from the first number of the latent.
    model = JepaWorldModel(OBJECTS)
    model.metric.map.weight.data.zero_()
    model.metric.map.weight.data[4, 0] = 1.0  # the object's x
    place = torch.zeros(4, 2, 3)
    place[:, :, 0] = torch.tensor([0.0, 0.1, 0.2, 0.3])[:, None]
    visual = torch.zeros(4, 2, 16)
    visual[:, :, 0] = place[:, :, 0] + 5.0  # off by the same 5 m everywhere: a constant tells nothing
    known = torch.ones(4, 2)
    still = MetricTargets(torch.zeros(4, 2, 7), torch.zeros(4, 2), place, known)
    weights = LossConfig(absolute=True)
    assert float(metric_loss(model, visual, still, weights)) == pytest.approx(0.0, abs=1e-6)
    # Within each episode nothing moved, so pairs cannot see that all episodes are read alike.
    flat = torch.zeros_like(visual)
    assert float(metric_loss(model, flat, still, LossConfig())) == 0.0
    # Read alike: errors -0.15, -0.05, 0.05, 0.15 m about their mean, mean square 0.0125 m^2; twice that for pairs, over
    # (5 cm)^2 for longest steps, over the 3 components: 2 * 0.0125 / 0.0025 / 3 = 3.333.
    assert float(metric_loss(model, flat, still, weights)) == pytest.approx(10.0 / 3.0, rel=1e-5)
    # The last two are not known: errors -0.05 and 0.05, mean square 0.0025: 2 * 0.0025 / 0.0025 / 3 = 0.667.
    half = dataclasses.replace(still, certainty=torch.tensor([1.0, 1.0, 0.0, 0.0])[:, None].expand(4, 2))
    assert float(metric_loss(model, flat, half, weights)) == pytest.approx(2.0 / 3.0, rel=1e-5)


def test_the_tools_own_place_is_known_between_episodes():
    model = JepaWorldModel(CONFIG)
    batch = dataclasses.replace(windows(), actions=torch.zeros(8, 3, 3), tool=0.1 * torch.arange(8.0)[:, None, None].expand(8, 4, 3))
    visual = torch.zeros(8, 4, 16)
    for absolute, seen in ((False, False), (True, True)):
        weights = LossConfig(absolute=absolute)
        loss = metric_loss(model, visual, metric_targets(model, batch, weights), weights)
        assert (float(loss) > 1.0) is seen
