"""Furniture of a home: stands on the floor, keeps to its size, none of it hangs in the air."""

from collections.abc import Callable

import numpy as np
import pytest

from bgfg.synth.kit.pieces import home_furniture
from bgfg.synth.kit.pieces.palette import MaterialPalette, sample_palette
from bgfg.synth.kit.render.scene import Mesh
from tests.support.mesh_checks import assert_stands

RNG = np.random.default_rng

# piece, most width (x), most depth (y), least and most height (z), all in m
PIECES: dict[
    str, tuple[Callable[[MaterialPalette, np.random.Generator], tuple[Mesh, ...]], float, float, float, float]
] = {
    "chest": (lambda palette, rng: home_furniture.chest(palette, rng, 1.1, 0.9, 0.45), 1.13, 0.5, 0.9, 0.93),
    "wardrobe": (lambda palette, rng: home_furniture.wardrobe(palette, rng, 1.2, 2.1), 1.21, 0.63, 2.09, 2.11),
    "bed": (lambda palette, rng: home_furniture.bed(palette, rng, 1.4), 1.8, 2.5, 0.45, 1.4),
    "table": (lambda palette, rng: home_furniture.dining_table(palette, rng, 1.4, 0.8), 1.41, 0.81, 0.73, 0.75),
    "television": (home_furniture.television, 1.26, 0.21, 0.4, 0.8),
    "thing": (home_furniture.floor_item, 0.5, 0.5, 0.02, 0.45),
    "lamp": (lambda palette, rng: home_furniture.standing_lamp(palette, rng, (0, 0, 0)).meshes, 1.4, 0.6, 1.2, 1.9),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("seed", range(6))
def test_a_piece_stands_on_the_floor_and_keeps_its_size(name: str, seed: int) -> None:
    build, *bounds = PIECES[name]
    assert_stands(build(sample_palette(RNG(seed)), RNG(seed)), *bounds, off_floor_m=0.035)


def test_large_furniture_is_white_more_often_than_anything_else() -> None:
    palette = sample_palette(RNG(0))
    bodies = [home_furniture.sample_body_material(palette, RNG(k)) for k in range(200)]
    assert 60 < sum(body is palette.white for body in bodies) < 120
    assert any(body is palette.black for body in bodies)


def test_a_lamp_shines_only_when_it_is_lit() -> None:
    palette = sample_palette(RNG(0))
    assert home_furniture.standing_lamp(palette, RNG(1), (0, 0, 0)).lights == ()
    down, up = home_furniture.standing_lamp(palette, RNG(1), (5, 4, 3)).lights
    assert np.cross(down.edge_u, down.edge_v)[2] < 0 < np.cross(up.edge_u, up.edge_v)[2]
    assert down.centre[2] < up.centre[2]
