import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour, sample_hue


def test_colours_are_colours() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert all(0 <= c <= 0.8 for c in (*sample_accent_colour(rng), *sample_hue(rng, 0.8, 0.7)))
