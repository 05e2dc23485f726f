"""Panoramas: the same from the same generator, and dark at dusk."""

import numpy as np

from bgfg.synth.kit.scenes.panoramas import outdoor_panorama, room_panorama


def test_panoramas_are_drawn_from_their_generator() -> None:
    one, two = outdoor_panorama(np.random.default_rng(5)), outdoor_panorama(np.random.default_rng(5))
    np.testing.assert_array_equal(one, two)
    assert one.dtype == np.float32
    assert np.ptp(one) > 0.2
    assert room_panorama(np.random.default_rng(0), (0.7, 0.7, 0.7)).shape == (256, 1024, 3)


def test_dusk_is_darker_than_day() -> None:
    assert (
        outdoor_panorama(np.random.default_rng(3), dusk=True).mean()
        < 0.6 * outdoor_panorama(np.random.default_rng(3)).mean()
    )
