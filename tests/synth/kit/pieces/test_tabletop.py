"""Things on a table: they stand on it, within its edges but for a rim, and not in one another."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.pieces.tabletop import TABLE_ITEMS, clutter
from tests.support.mesh_checks import bounding_box

RNG = np.random.default_rng
PALETTE = sample_palette(RNG(1))


@pytest.mark.parametrize("number", range(len(TABLE_ITEMS)))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_thing_stands_on_the_top_within_its_radius(number: int, seed: int) -> None:
    parts, radius = TABLE_ITEMS[number](PALETTE, RNG(seed))
    low, high = bounding_box(parts)
    assert low[2] == pytest.approx(0, abs=0.02)
    assert high[2] < 0.6
    near = np.concatenate([p.world_vertices() for p in parts])
    near = near[near[:, 2] < 0.02]
    assert np.hypot(near[:, 0], near[:, 1]).max() < 1.5 * radius + 0.02


def test_clutter_keeps_to_the_table_and_grows_with_what_is_asked_for() -> None:
    few, many = clutter(PALETTE, RNG(5), 1.6, 0.9, 2), clutter(PALETTE, RNG(5), 1.6, 0.9, 20)
    assert 0 < len(few) < len(many)
    low, high = bounding_box(many)
    assert -0.95 < low[0] < high[0] < 0.95
    assert -0.65 < low[1] < high[1] < 0.65
    assert low[2] >= 0
    assert clutter(PALETTE, RNG(5), 1.6, 0.9, 0) == ()
