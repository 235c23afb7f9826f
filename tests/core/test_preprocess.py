"""Pictures reach the model by one path."""

import numpy as np
import pytest

from wm_core.preprocess import preprocess_image


def test_area_averaging_of_blocks():
    # 4 x 4 picture of 2 x 2 blocks with values 0 and 100 in two pixels each: every output pixel is their mean, 50.
    image = np.zeros((32, 32, 3), np.uint8)
    image[::2] = 100
    assert (preprocess_image(image, 16) == 50).all()


def test_the_centre_square_of_a_wide_picture_is_kept():
    # 20 x 60: the square is columns 20 to 39.
    image = np.zeros((20, 60, 3), np.uint8)
    image[:, 20:40, 1] = 200
    out = preprocess_image(image, 20)
    assert out.shape == (3, 20, 20)
    assert (out[1] == 200).all() and (out[0] == 0).all()


@pytest.mark.parametrize("bad", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)])
def test_other_shapes_and_types_are_refused(bad):
    with pytest.raises(ValueError, match=r"expected \(H, W, 3\) uint8 RGB"):
        preprocess_image(bad, 16)
