"""Furniture: stands on the floor, keeps to its size, none of it floats."""

from collections.abc import Callable

import numpy as np
import pytest

from bgfg.synth.kit.pieces import furniture
from bgfg.synth.kit.pieces.palette import MaterialPalette, sample_palette
from bgfg.synth.kit.render.scene import Material, Mesh
from tests.support.mesh_checks import bounding_box, floating_boxes

RNG = np.random.default_rng
PALETTE = sample_palette(RNG(1))
GREY = Material((0.5, 0.5, 0.5))

# piece, most width (x), most depth (y), least and most height (z), all in m
PIECES: dict[
    str, tuple[Callable[[MaterialPalette, np.random.Generator], tuple[Mesh, ...]], float, float, float, float]
] = {
    "desk": (furniture.desk, 1.61, 0.82, 0.73, 0.75),
    "table": (lambda palette, rng: furniture.meeting_table(palette, 2.4, 1.2, rng), 1.21, 2.41, 0.74, 0.75),
    "round table": (lambda palette, rng: furniture.round_table(palette), 0.81, 0.81, 0.73, 0.75),
    "coffee table": (furniture.coffee_table, 1.01, 0.85, 0.38, 0.45),
    "bookcase": (furniture.bookcase, 0.91, 0.33, 1.95, 2.01),
    "cabinet": (furniture.cabinet, 1.61, 0.47, 0.74, 0.76),
    "reception": (lambda palette, rng: furniture.reception_desk(palette, GREY), 2.7, 0.9, 1.05, 1.15),
    "counter": (lambda palette, rng: furniture.kitchen_counter(palette, rng, GREY), 3.05, 0.66, 1.8, 2.2),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_piece_stands_on_the_floor_and_keeps_its_size(name: str, seed: int) -> None:
    build, width, depth, least, most = PIECES[name]
    low, high = bounding_box(build(sample_palette(RNG(seed)), RNG(seed)))
    assert low[2] == pytest.approx(0, abs=0.035)
    assert high[0] - low[0] <= width
    assert high[1] - low[1] <= depth
    assert least <= high[2] <= most


@pytest.mark.parametrize("name", PIECES)
def test_no_part_of_a_piece_floats(name: str) -> None:
    assert floating_boxes(PIECES[name][0](PALETTE, RNG(4))) == []
