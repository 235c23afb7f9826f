"""Looks change as a light does: all of a window alike, or once within it, never beyond what a picture can hold."""

import pytest
import torch

from wm_core.config import TrainingConfig
from wm_core.training.augmentation import augment


def pictures(batch: int = 16, time: int = 5, channels: int = 6) -> torch.Tensor:
    still = torch.randint(60, 200, (batch, 1, channels, 16, 16), generator=torch.Generator().manual_seed(0))
    return still.expand(batch, time, channels, 16, 16).to(torch.uint8)


def changed(seed: int = 1, **config) -> torch.Tensor:
    return augment(pictures(), TrainingConfig(**config), torch.Generator().manual_seed(seed))


def test_off_means_untouched():
    images = pictures()
    assert augment(images, TrainingConfig(), torch.Generator()) is images


def test_a_window_keeps_its_light():
    images = changed(augmentation=1.0)
    assert images.shape == pictures().shape and 0.0 <= float(images.min()) and float(images.max()) <= 255.0
    torch.testing.assert_close(images, images[:, :1].expand_as(images))
    offsets = (images - pictures()).mean((1, 2, 3, 4))
    assert float(offsets.std()) > 5.0  # and every window has its own


def test_strength_is_a_dial():
    weak, strong = (float((changed(augmentation=value) - pictures()).abs().mean()) for value in (0.1, 1.0))
    assert 0.0 < weak < 0.3 * strong


def test_glare_is_a_soft_spot_in_some_views():
    # Grey pictures, so that contrast and brightness move all pixels of a channel alike: what is left is glare.
    grey = torch.full((1000, 2, 6, 16, 16), 100, dtype=torch.uint8)
    images = augment(grey, TrainingConfig(augmentation=0.5), torch.Generator().manual_seed(0))
    spots = images[:, 0].amax((2, 3)) - images[:, 0].amin((2, 3)) > 2.0  # (B, C)
    # Half of the windows times half of the views; a few spots are too weak to see.
    assert 0.2 < float(spots.float().mean()) < 0.29
    assert torch.equal(spots[:, 0], spots[:, 2])  # white light: all colours of a view


def test_light_changes_once_in_the_share_of_windows_that_is_asked_for():
    assert_changes(changed(augmentation=1.0, light_change=1.0), 1)
    assert_changes(changed(augmentation=1.0, light_change=0.0), 0)


def assert_changes(images: torch.Tensor, expected: int) -> None:
    steps = (images[:, 1:] - images[:, :-1]).abs().amax((2, 3, 4)) > 1e-3
    assert (steps.sum(1) == expected).all()


def test_a_shift_moves_all_of_a_window_by_at_most_a_pixel():
    ramp = torch.arange(16.0).expand(8, 3, 3, 16, 16).to(torch.uint8)
    moved = augment(ramp, TrainingConfig(shift=1.0), torch.Generator().manual_seed(0))
    way = (moved - ramp)[..., 4, 1:-1]  # one grey level a pixel: the change of grey is the shift in px
    assert float(way.abs().max()) <= 1.0 and float(way[:, 0, 0, 0].std()) > 0.1
    torch.testing.assert_close(way, way[:, :1, :1, :1].expand_as(way), atol=1e-5, rtol=0)


@pytest.mark.parametrize("config", [{"augmentation": 1.0}, {"augmentation": 0.5, "light_change": 0.5}, {"shift": 1.0}], ids=str)
def test_the_same_seed_gives_the_same_looks(config):
    assert torch.equal(changed(3, **config), changed(3, **config))
    assert not torch.equal(changed(3, **config), changed(4, **config))


def test_an_intruder_covers_a_box_of_one_colour_from_some_moment_on():
    before = pictures(400, channels=3)
    covered = (augment(before, TrainingConfig(intruders=0.5), torch.Generator().manual_seed(0)) != before).any(2)  # (B, T, h, w); a pixel may have the box's colour by chance
    there = covered.any((1, 2, 3))
    assert 0.42 < float(there.float().mean()) < 0.58  # 400 draws: standard deviation 2.5 %
    shown = covered.any((2, 3))[there].int()
    assert bool((shown.diff(dim=1) >= 0).all()) and bool(shown[:, -1].all())  # once there, it stays
    # Half sides of 6 to 20 % of the picture: 1 to 7 of 16 px wide, never half of the picture.
    rows = covered[there][:, -1].any(-1).sum(-1)
    assert int(rows.min()) >= 1 and int(rows.max()) <= 8


def test_hues_turn_and_greys_stay():
    red = torch.tensor([200.0, 50.0, 50.0]).to(torch.uint8)[None, None, :, None, None].expand(500, 3, 3, 2, 2)
    grey = torch.full((500, 3, 3, 2, 2), 90, dtype=torch.uint8)
    turn = lambda images, **config: augment(images, TrainingConfig(recolour=0.5, **config), torch.Generator().manual_seed(0))
    torch.testing.assert_close(turn(grey), grey.float(), atol=1e-3, rtol=0)
    turned = turn(red)
    torch.testing.assert_close(turned, turned[:, :1].expand_as(turned))
    # The sum of the colours is kept but where one is cut off at 0; half way round at most is 90 degrees either way:
    # as often toward green as toward blue, and at 90 degrees red is at the mean, 100: never below it.
    assert 0.4 < float((turned[:, 0, 1] > turned[:, 0, 2]).float().mean()) < 0.6
    assert float(turned[:, 0, 0].min()) > 99.0 and float(turned[:, 0, 0].min()) < 105.0
    changes = (turn(red, light_change=1.0).diff(dim=1).abs().amax((2, 3, 4)) > 1e-3).sum(1)
    assert float((changes == 1).float().mean()) > 0.99
