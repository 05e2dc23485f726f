"""Drawn images: the same from the same generator, and not empty."""

import numpy as np

from bgfg.synth.kit.pieces.graphics import poster_image, screen_image, sign_image, slide_image, whiteboard_image


def test_images_are_drawn_from_their_generator() -> None:
    for painter in (screen_image, slide_image, poster_image, whiteboard_image):
        one, two = painter(np.random.default_rng(5)), painter(np.random.default_rng(5))
        np.testing.assert_array_equal(one, two)
        assert one.dtype == np.float32
        assert np.ptp(one) > 0.2
    assert sign_image(np.random.default_rng(0), (0, 0, 0), (1, 1, 1)).max() == 1
