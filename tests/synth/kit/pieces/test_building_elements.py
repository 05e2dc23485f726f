"""Walls have holes where they should; windows, doors and partitions fill them."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.building_elements import Opening, column, door, glass_wall, lift, radiator, wall, window
from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.render.scene import Material
from tests.support.mesh_checks import bounding_box

RNG = np.random.default_rng
PALETTE = sample_palette(RNG(1))
GREY = Material((0.5, 0.5, 0.5))


def covered(group: SceneGroup, x: float, z: float) -> bool:
    """Return whether a ray along +y at (x, z) meets an upright face in the plane y = 0."""
    for part in group.meshes:
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
        window(hole, 2, 2, GREY, PALETTE.white, (1, 1, 1), (PALETTE.paper, 0.3)),
        glass_wall(Opening(1, 2, 0, 2.2), 2, GREY, PALETTE.white, PALETTE.paper),
        door(Opening(1, 2, 0, 2.2), GREY, PALETTE.white, PALETTE.chrome, PALETTE.paper),
        lift(Opening(1, 2, 0, 2.2), GREY, PALETTE.white, PALETTE.paper),
    ):
        low, high = bounding_box(built.meshes)
        assert low[0] <= 1.01
        assert high[0] >= 1.99
        assert high[2] >= 2.19


def test_a_window_shines_into_the_room_below_its_blind() -> None:
    built = window(Opening(1, 3, 1, 2), 2, 2, GREY, PALETTE.white, (2, 2, 2), (PALETTE.paper, 0.4))
    (light,) = built.lights
    assert np.cross(light.edge_u, light.edge_v)[1] < 0
    assert light.edge_v[2] == pytest.approx(0.6)
    assert light.centre[2] == pytest.approx(1.3)


def test_radiators_and_columns_reach_the_floor() -> None:
    assert bounding_box(radiator(1, GREY).meshes)[0][2] == pytest.approx(0)
    for round_shaft in (False, True):
        low, high = bounding_box(column(1, 2, 0.4, 3, GREY, round_shaft))
        np.testing.assert_allclose([low[2], high[2]], [0, 3])
