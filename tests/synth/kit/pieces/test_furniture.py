"""Furniture: stands on the floor, keeps to its size, and the walls have holes where they should."""

from collections.abc import Callable

import numpy as np
import pytest
from bgfg.synth.kit.pieces import decor, furniture
from bgfg.synth.kit.pieces.fittings import (
    Fitting,
    Opening,
    column,
    door,
    glass_wall,
    lift,
    panel_lamp,
    pendant,
    radiator,
    wall,
    window,
)
from bgfg.synth.kit.pieces.looks import Look, draw_look
from bgfg.synth.kit.render.scene import Material, Part

from tests.support.pieces import extent, hanging

RNG = np.random.default_rng
LOOK = draw_look(RNG(1))
GREY = Material((0.5, 0.5, 0.5))

# piece, most width (x), most depth (y), least and most height (z), all in m
PIECES: dict[str, tuple[Callable[[Look, np.random.Generator], tuple[Part, ...]], float, float, float, float]] = {
    "desk": (furniture.desk, 1.61, 0.82, 0.73, 0.75),
    "office chair": (furniture.office_chair, 0.75, 0.75, 0.95, 1.2),
    "chair": (furniture.chair, 0.5, 0.6, 0.75, 0.95),
    "stool": (lambda look, rng: furniture.stool(look), 0.5, 0.5, 0.7, 0.8),
    "table": (lambda look, rng: furniture.table(look, 2.4, 1.2, rng), 1.21, 2.41, 0.74, 0.75),
    "round table": (lambda look, rng: furniture.round_table(look), 0.81, 0.81, 0.73, 0.75),
    "sofa": (lambda look, rng: furniture.sofa(look, 3), 2.5, 0.95, 0.7, 0.95),
    "tub chair": (lambda look, rng: furniture.tub_chair(look), 0.95, 0.95, 0.6, 0.9),
    "pouf": (furniture.pouf, 0.51, 0.51, 0.35, 0.45),
    "coffee table": (furniture.coffee_table, 1.01, 0.85, 0.38, 0.45),
    "bookcase": (furniture.bookcase, 0.91, 0.33, 1.95, 2.01),
    "cabinet": (furniture.cabinet, 1.61, 0.47, 0.74, 0.76),
    "reception": (lambda look, rng: furniture.reception(look, GREY), 2.7, 0.9, 1.05, 1.15),
    "counter": (lambda look, rng: furniture.counter(look, rng, GREY), 3.05, 0.66, 1.8, 2.2),
    "monitor": (decor.monitor, 0.6, 0.25, 0.4, 0.5),
    "laptop": (decor.laptop, 0.35, 0.3, 0.2, 0.26),
    "waste bin": (lambda look, rng: decor.waste_bin(look), 0.3, 0.3, 0.3, 0.4),
    "floor lamp": (lambda look, rng: decor.floor_lamp(look, GREY), 0.42, 0.42, 1.5, 1.7),
    "plant": (decor.plant, 1.9, 1.9, 0.9, 2.2),
    "fridge": (lambda look, rng: decor.fridge(look), 0.65, 0.7, 1.8, 1.9),
    "coffee machine": (lambda look, rng: decor.coffee_machine(look), 0.35, 0.5, 0.35, 0.45),
    "fruit bowl": (lambda look, rng: decor.fruit_bowl(look), 0.35, 0.35, 0.1, 0.2),
    "desk lamp": (lambda look, rng: decor.desk_lamp(look), 0.5, 0.4, 0.4, 0.5),
    "cup": (decor.cup, 0.1, 0.1, 0.08, 0.11),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_piece_stands_on_the_floor_and_keeps_its_size(name: str, seed: int) -> None:
    build, width, depth, least, most = PIECES[name]
    low, high = extent(build(draw_look(RNG(seed)), RNG(seed)))
    assert low[2] == pytest.approx(0, abs=0.035)
    assert high[0] - low[0] <= width
    assert high[1] - low[1] <= depth
    assert least <= high[2] <= most


@pytest.mark.parametrize("name", PIECES)
def test_no_part_of_a_piece_floats(name: str) -> None:
    assert hanging(PIECES[name][0](LOOK, RNG(4))) == []


def covered(fitting: Fitting, x: float, z: float) -> bool:
    """Return whether a ray along +y at (x, z) meets an upright face in the plane y = 0."""
    for part in fitting.parts:
        for a, b, c in part.world_vertices()[part.faces]:
            if max(abs(a[1]), abs(b[1]), abs(c[1])) < 1e-6:
                turns = [(q[0] - p[0]) * (z - p[2]) - (q[2] - p[2]) * (x - p[0]) for p, q in ((a, b), (b, c), (c, a))]
                if min(turns) >= 0 or max(turns) <= 0:
                    return True
    return False


def test_a_wall_is_whole_but_for_its_holes() -> None:
    holes = [Opening(1, 2, 0.9, 2.2), Opening(3, 4, 0, 2.1)]
    built = wall(5, 3, holes, GREY, None)
    for x in np.arange(0.07, 5, 0.31):
        for z in np.arange(0.05, 3, 0.23):
            inside = any(h.left < x < h.right and h.low < z < h.high for h in holes)
            assert covered(built, float(x), float(z)) is not inside


def test_windows_and_doors_fill_their_holes() -> None:
    hole = Opening(1, 2, 0.9, 2.2)
    for built in (
        window(hole, 2, 2, GREY, LOOK.white, (1, 1, 1), (LOOK.paper, 0.3)),
        glass_wall(Opening(1, 2, 0, 2.2), 2, GREY, LOOK.white, LOOK.paper),
        door(Opening(1, 2, 0, 2.2), GREY, LOOK.white, LOOK.chrome, LOOK.paper),
        lift(Opening(1, 2, 0, 2.2), GREY, LOOK.white, LOOK.paper),
    ):
        low, high = extent(built.parts)
        assert low[0] <= 1.01
        assert high[0] >= 1.99
        assert high[2] >= 2.19


def test_a_window_shines_into_the_room_below_its_blind() -> None:
    built = window(Opening(1, 3, 1, 2), 2, 2, GREY, LOOK.white, (2, 2, 2), (LOOK.paper, 0.4))
    (light,) = built.lights
    assert np.cross(light.edge_u, light.edge_v)[1] < 0
    assert light.edge_v[2] == pytest.approx(0.6)
    assert light.centre[2] == pytest.approx(1.3)


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_lamps_hang_from_the_ceiling_and_shine_down(kind: int) -> None:
    for built in (pendant(kind, 0.8, (1, 1, 1), GREY), panel_lamp(0.6, 0.6, (1, 1, 1), LOOK)):
        _, high = extent(built.parts)
        assert high[2] == pytest.approx(0, abs=0.011)
        assert all(np.cross(light.edge_u, light.edge_v)[2] < 0 for light in built.lights)


def test_radiators_and_columns_reach_the_floor() -> None:
    assert extent(radiator(1, GREY).parts)[0][2] == pytest.approx(0)
    for round_shaft in (False, True):
        low, high = extent(column(1, 2, 0.4, 3, GREY, round_shaft))
        np.testing.assert_allclose([low[2], high[2]], [0, 3])


def test_desk_things_lie_on_the_desk() -> None:
    for seed in range(8):
        low, high = extent(decor.desk_things(LOOK, RNG(seed), 1.6))
        assert low[2] >= -0.001
        assert np.abs([low[0], high[0]]).max() < 1.0
        assert np.abs([low[1], high[1]]).max() < 0.56
