"""Decoration: stands on the floor, keeps to its size, none of it floats; what is on a desk lies on it."""

from collections.abc import Callable

import numpy as np
import pytest

from bgfg.synth.kit.pieces import decor
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
    "monitor": (decor.monitor, 0.6, 0.25, 0.4, 0.5),
    "laptop": (decor.laptop, 0.35, 0.3, 0.2, 0.26),
    "waste bin": (lambda palette, rng: decor.waste_bin(palette), 0.3, 0.3, 0.3, 0.4),
    "floor lamp": (lambda palette, rng: decor.floor_lamp(palette, GREY), 0.42, 0.42, 1.5, 1.7),
    "plant": (decor.plant, 1.9, 1.9, 0.9, 2.2),
    "fridge": (lambda palette, rng: decor.fridge(palette), 0.65, 0.7, 1.8, 1.9),
    "coffee machine": (lambda palette, rng: decor.coffee_machine(palette), 0.35, 0.5, 0.35, 0.45),
    "fruit bowl": (lambda palette, rng: decor.fruit_bowl(palette), 0.35, 0.35, 0.1, 0.2),
    "desk lamp": (lambda palette, rng: decor.desk_lamp(palette), 0.5, 0.4, 0.4, 0.5),
    "cup": (decor.cup, 0.1, 0.1, 0.08, 0.11),
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


def test_desk_things_lie_on_the_desk() -> None:
    for seed in range(8):
        low, high = bounding_box(decor.desk_items(PALETTE, RNG(seed), 1.6))
        assert low[2] >= -0.001
        assert np.abs([low[0], high[0]]).max() < 1.0
        assert np.abs([low[1], high[1]]).max() < 0.56
