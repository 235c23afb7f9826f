"""The parts of the gate: distributions, medians, and ears on the encoder."""

import math

import numpy as np
import pytest
import torch

from wm_core.monitor.early_features import EarlyFeatures
from wm_core.monitor.gaussian import fit_gaussians
from wm_core.monitor.smoothing import Smoother
from wm_core.monitor.usual_error import UsualError
from wm_core.monitor.usual_picture import UsualPicture, coarse

NOWHERE = np.zeros(3)


def test_distance_is_counted_in_standard_deviations():
    generator = torch.Generator().manual_seed(0)
    scale = torch.tensor([3.0, 1.0, 0.5, 0.2])
    data = 7.0 + scale * torch.randn(20_000, 1, 4, generator=generator)
    found = fit_gaussians(data)
    # The mean square of a standard normal is 1.
    assert found.distance(data).square().mean() == pytest.approx(1.0, rel=0.02)
    # Six deviations along one of four features: the root of 36 / 4.
    for feature in range(4):
        away = torch.full((1, 1, 4), 7.0)
        away[0, 0, feature] += 6.0 * scale[feature]
        assert found.distance(away).item() == pytest.approx(3.0, rel=0.03)


def test_directions_beyond_the_leading_ones_count_too():
    data = torch.randn(5000, 1, 20, generator=torch.Generator().manual_seed(0))
    found = fit_gaussians(data, leading=3)
    assert found.scale.shape == (1, 3)
    assert found.distance(data).square().mean() == pytest.approx(1.0, rel=0.02)
    assert found.distance(10.0 * data[:50]).mean() == pytest.approx(10.0, rel=0.1)


def test_regions_have_distributions_of_their_own():
    generator = torch.Generator().manual_seed(0)
    data = torch.randn(5000, 2, 3, generator=generator) * torch.tensor([1.0, 10.0])[:, None]
    found = fit_gaussians(data)
    calm, lively = torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)
    calm[0, 0, 0], lively[0, 1, 0] = 10.0, 10.0  # ten deviations in the one region, one in the other
    assert found.distance(calm).item() == pytest.approx(math.sqrt(100.0 / 3.0 / 2.0), rel=0.05)
    assert found.distance(lively).item() == pytest.approx(math.sqrt(1.0 / 3.0 / 2.0), rel=0.05)


def test_what_never_varied_does_not_count_for_everything():
    data = torch.randn(1000, 1, 2, generator=torch.Generator().manual_seed(0))
    data[..., 1] = 0.0
    away = torch.tensor([[[0.0, 0.1]]])
    # A hundredth of the largest deviation, about 1, is the floor: 0.1 is ten of those, the root of 100 / 2.
    assert fit_gaussians(data).distance(away).item() == pytest.approx(math.sqrt(50.0), rel=0.05)


def test_one_outlier_is_smoothed_away_and_two_are_not():
    smoother = Smoother(window=3, offset_window=8, sudden={"intrusion"})
    series = [1.0, 1.0, 90.0, 1.0, 1.0, 80.0, 70.0]
    found = [smoother.add(NOWHERE, {"reading": value})["reading"] for value in series]
    assert found == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 70.0]
    assert smoother.add(NOWHERE, {"intrusion": 9.0})["intrusion"] == 9.0  # that would come too late


def test_a_lasting_shift_is_read_off_noise_that_comes_and_goes():
    smoother, random = Smoother(window=3, offset_window=8), np.random.default_rng(0)
    for moment in range(8):
        off = np.array([0.004, 0.0, 0.0]) + random.normal(0.0, 0.001, 3)
        off += [0.0, 0.5, 0.0] if moment == 3 else 0.0  # one wild frame
        assert smoother.add(off, {})["offset"] == (pytest.approx(0.004, abs=0.0015) if moment == 7 else 0.0)


def test_what_is_no_number_counts_as_infinite():
    smoother = Smoother(window=3, offset_window=2)
    found = [smoother.add(np.full(3, np.nan), {"picture": math.nan}) for _ in range(2)]
    assert found[1] == {"picture": math.inf, "offset": math.inf}


def test_the_encoder_is_listened_to_and_left_as_it_was(toy):
    encoder = toy.ToyEncoder()
    with EarlyFeatures(encoder) as early:
        with pytest.raises(RuntimeError, match="not looked"):
            early.take()
        encoder.visual(torch.zeros(5, 3, 16, 16, dtype=torch.uint8))
    found = early.take()
    assert found.shape == (5, 4, early.width) and early.width == 8
    # A black picture leaves the filters' biases, the same everywhere, and no spread.
    torch.testing.assert_close(found[0, :, :4], encoder.first.bias.expand(4, 4))
    torch.testing.assert_close(found[0, :, 4:], torch.zeros(4, 4), atol=1e-3, rtol=0)
    assert not encoder.first._forward_hooks


def test_an_encoder_without_convolutions_is_refused():
    with pytest.raises(ValueError, match="no convolution"):
        EarlyFeatures(torch.nn.Linear(2, 2))


def test_readings_are_judged_by_what_is_usual_where_the_tool_is():
    # 5 mm off in sight (x = 0.4 m), 10 cm where the hand is out of the picture (x = 0.7 m).
    tool = torch.zeros(200, 3)
    tool[:, 0] = torch.where(torch.arange(200) < 100, 0.4, 0.7)
    usual = UsualError(tool, torch.where(torch.arange(200) < 100, 0.005**2, 0.1**2))
    # Three samples' worth of the mean over both, 0.0050 m^2: sqrt((100 * 0.000025 + 3 * 0.0050) / 103) = 0.0130.
    assert usual.at(torch.tensor([[0.4, 0.0, 0.0]])).item() == pytest.approx(0.0130, abs=2e-4)
    assert usual.at(torch.tensor([[0.7, 0.0, 0.0]])).item() == pytest.approx(0.0993, abs=1e-3)
    # Where nothing was seen, the mean of all: sqrt(0.0050) = 0.0708; that of good readings alone would be too sure.
    assert usual.at(torch.tensor([[0.4, 5.0, 0.0]])).item() == pytest.approx(0.0708, abs=1e-3)
    sure = UsualError(tool[:100], torch.full((100,), 0.005**2))
    assert sure.at(torch.tensor([[0.4, 5.0, 0.0]])).item() == pytest.approx(0.05, abs=1e-3)


def cells_of(pictures: torch.Tensor) -> torch.Tensor:
    """Of one camera: (T, 3, h, w) -> (T, 3, C)"""
    return coarse(pictures)[:, 0]


def usual(tool: torch.Tensor, cells: torch.Tensor) -> UsualPicture:
    """Where one deviation is ordinary, so that strangeness counts them, and eight cells have to be off."""
    return UsualPicture(tool, cells, torch.ones(cells.shape[2]), area=8)


def seen_at(place: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """(T, 3, 64, 64): a grey table with noise of 5 levels; a dark arm of 8 columns follows the tool's y."""
    pictures = 128.0 + 5.0 * torch.randn(len(place), 3, 64, 64, generator=generator)
    for picture, (_, y, _) in zip(pictures, place):
        left = int(32 + 100 * y)
        picture[:, :, left : left + 8] = 30.0
    return pictures.clamp(0, 255).to(torch.uint8)


@pytest.fixture(scope="module")
def table():
    generator = torch.Generator().manual_seed(0)
    tool = torch.tensor([0.5, 0.0, 0.1]) + torch.tensor([0.0, 0.2, 0.0]) * (2.0 * torch.rand(600, 1, generator=generator) - 1.0)
    return usual(tool, cells_of(seen_at(tool, generator)))


def test_an_arm_where_it_is_felt_is_usual_and_one_elsewhere_is_not(table):
    generator = torch.Generator().manual_seed(1)
    tool = torch.tensor([[0.5, -0.1, 0.1], [0.5, 0.15, 0.1]])
    seen = cells_of(seen_at(tool, generator))
    assert table.strangeness(seen, tool).max() < 2.0
    assert table.strangeness(seen, tool.flip(0)).min() > 3.0  # the picture of the one, the joints of the other


def test_a_forearm_is_strange_and_a_part_is_not(table):
    generator = torch.Generator().manual_seed(2)
    tool = torch.tensor([[0.5, -0.1, 0.1]])
    picture = seen_at(tool, generator)
    part, forearm = picture.clone(), picture.clone()
    part[..., 30:37, 40:47] = 220  # 7 pixels wide: four whole cells, the others in part
    forearm[..., 20:34, 44:] = 200  # 14 pixels wide, from the side
    assert table.strangeness(cells_of(part), tool).item() < 3.0
    assert table.strangeness(cells_of(forearm), tool).item() > 5.0


def test_what_was_seen_far_away_is_left_out_and_changes_nothing(table):
    """At the table's end, with the tool 40 cm from most of what is known: as if every moment had been weighed."""
    tool = torch.tensor([[0.5, -0.19, 0.1]])
    seen = cells_of(seen_at(tool, torch.Generator().manual_seed(5)))
    weight = torch.exp(-0.5 * torch.cdist(tool, table.tool).square() / 0.03**2)  # of all 600
    colours = table.cells.flatten(1).float() / 255.0
    mean = (weight @ colours + colours.mean(0)) / (weight.sum() + 1.0)
    square = (weight @ colours.square() + colours.square().mean(0)) / (weight.sum() + 1.0)
    spread = ((square - mean.square()).clamp_min(0.02**2) + 0.25**2 / (weight.sum() + 1.0)).sqrt()
    off = ((seen.flatten(1) / 255.0 - mean).abs() / spread).view(3, 256).amax(0)
    assert table.strangeness(seen, tool).item() == pytest.approx(off.topk(8).values[-1].item(), rel=1e-3)


def test_what_clean_episodes_showed_somewhere_is_ordinary_there_and_nowhere_else():
    """A lamp in the picture's upper left corner, 3 x 3 cells, shines in the first of 24 moments of all episodes."""
    generator = torch.Generator().manual_seed(4)
    tools = [torch.zeros(24, 3) for _ in range(6)]
    pictures = [(128.0 + torch.randn(24, 3, 64, 64, generator=generator)).to(torch.uint8) for _ in tools]
    elsewhere = pictures[0][1:2].clone()
    elsewhere[..., :12, 40:52] = 250  # the same on the other side, where none ever shone
    for seen in pictures:
        seen[0, :, :12, :12] = 250
    table = UsualPicture.fitted(tools, [cells_of(seen) for seen in pictures], seed=0)
    # 122 of 255 levels, 0.48, in 1 of 24 moments: deviation 0.48 sqrt(23) / 24 = 0.096, and 0.46 off when it shines, 4.8
    # of them. (4 of the 6 episodes are remembered, 96 moments: what is not known adds 0.25^2 / 97 to the square, 4.7.)
    assert table.ordinary.view(16, 16)[:4, :4].min().item() == pytest.approx(4.7, rel=0.03)  # one cell around it, too
    assert table.ordinary.view(16, 16)[5:].max() == 3.0  # the least there is
    assert table.strangeness(cells_of(pictures[0][:1]), tools[0][:1]).item() == pytest.approx(1.0, abs=0.01)
    # Elsewhere the deviation is what is not known and the floor, sqrt(0.02^2 + 0.25^2 / 97) = 0.032: 0.48 is 14.9 of them.
    assert table.strangeness(cells_of(elsewhere), tools[0][:1]).item() == pytest.approx(14.9 / 3.0, rel=0.03)
