"""Terms of the loss on cases whose value is known."""

import pytest
import torch
from torch.nn import functional

from wm_core.config import LossConfig, WorldModelConfig
from wm_core.model.world_model import JepaWorldModel
from wm_core.training.losses import Windows, imagine, sigreg, vicreg, world_model_loss

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
