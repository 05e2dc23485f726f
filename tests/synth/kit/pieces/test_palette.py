"""Palettes: other materials for every seed."""

import numpy as np

from bgfg.synth.kit.pieces.palette import sample_palette


def test_palettes_differ_by_seed() -> None:
    palettes = [sample_palette(np.random.default_rng(k)) for k in range(12)]
    assert len({palette.accent_colour for palette in palettes}) > 8
    assert len({palette.wood_colour for palette in palettes}) > 3
