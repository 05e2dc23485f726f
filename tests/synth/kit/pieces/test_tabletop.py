"""Things on a table: they stand on it, within its edges but for a rim, and not in one another."""

import numpy as np
import pytest
from bgfg.synth.kit.pieces.looks import draw_look
from bgfg.synth.kit.pieces.tabletop import THINGS, clutter

from tests.support.pieces import extent

RNG = np.random.default_rng
LOOK = draw_look(RNG(1))


@pytest.mark.parametrize("number", range(len(THINGS)))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_thing_stands_on_the_top_within_its_radius(number: int, seed: int) -> None:
    parts, radius = THINGS[number](LOOK, RNG(seed))
    low, high = extent(parts)
    assert low[2] == pytest.approx(0, abs=0.02)
    assert high[2] < 0.6
    near = np.concatenate([p.world_vertices() for p in parts])
    near = near[near[:, 2] < 0.02]
    assert np.hypot(near[:, 0], near[:, 1]).max() < 1.5 * radius + 0.02


def test_clutter_keeps_to_the_table_and_grows_with_what_is_asked_for() -> None:
    few, many = clutter(LOOK, RNG(5), 1.6, 0.9, 2), clutter(LOOK, RNG(5), 1.6, 0.9, 20)
    assert 0 < len(few) < len(many)
    low, high = extent(many)
    assert -0.95 < low[0] < high[0] < 0.95
    assert -0.65 < low[1] < high[1] < 0.65
    assert low[2] >= 0
    assert clutter(LOOK, RNG(5), 1.6, 0.9, 0) == ()
