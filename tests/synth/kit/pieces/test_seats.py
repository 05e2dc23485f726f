"""Seats: of plausible size, whole, each one another, their backs behind them."""

from collections.abc import Callable

import numpy as np
import pytest

from bgfg.synth.kit.pieces import seats
from bgfg.synth.kit.pieces.palette import MaterialPalette, sample_palette
from bgfg.synth.kit.render.mesh_primitives import box
from bgfg.synth.kit.render.scene import Material, Mesh
from tests.support.mesh_checks import assert_stands, bounding_box, floating_boxes

RNG = np.random.default_rng
GREY = Material((0.5, 0.5, 0.5))

# piece, most width (x), most depth (y), least and most height (z), all in m
PIECES: dict[
    str, tuple[Callable[[MaterialPalette, np.random.Generator], tuple[Mesh, ...]], float, float, float, float]
] = {
    "lounge chair": (lambda palette, rng: seats.lounge_chair(palette, rng, GREY), 0.78, 1.3, 0.72, 1.2),
    "armchair": (lambda palette, rng: seats.home_armchair(palette, rng, GREY), 1.2, 1.3, 0.55, 1.2),
    "couch": (lambda palette, rng: seats.home_sofa(palette, rng, GREY), 2.8, 1.1, 0.6, 1.1),
    "dining chair": (seats.dining_chair, 0.6, 0.65, 0.7, 1.05),
    "footstool": (lambda palette, rng: seats.footstool(palette, rng, GREY), 0.61, 0.51, 0.29, 0.47),
}


# piece, most width (x), most depth (y), least and most height (z), all in m
OFFICE_SEATS: dict[
    str, tuple[Callable[[MaterialPalette, np.random.Generator], tuple[Mesh, ...]], float, float, float, float]
] = {
    "office chair": (seats.office_chair, 0.75, 0.75, 0.95, 1.2),
    "chair": (seats.chair, 0.5, 0.6, 0.75, 0.95),
    "stool": (lambda palette, rng: seats.bar_stool(palette), 0.5, 0.5, 0.7, 0.8),
    "sofa": (lambda palette, rng: seats.sofa(palette, 3), 2.5, 0.95, 0.7, 0.95),
    "tub chair": (lambda palette, rng: seats.tub_chair(palette), 0.95, 0.95, 0.6, 0.9),
    "pouf": (seats.pouf, 0.51, 0.51, 0.35, 0.45),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("seed", range(8))
def test_a_seat_stands_on_the_floor_and_keeps_its_size(name: str, seed: int) -> None:
    build, *bounds = PIECES[name]
    assert_stands(build(sample_palette(RNG(seed)), RNG(seed)), *bounds, off_floor_m=0.03)


@pytest.mark.parametrize("name", OFFICE_SEATS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_office_seat_stands_on_the_floor_and_keeps_its_size(name: str, seed: int) -> None:
    build, width, depth, least, most = OFFICE_SEATS[name]
    low, high = bounding_box(build(sample_palette(RNG(seed)), RNG(seed)))
    assert low[2] == pytest.approx(0, abs=0.035)
    assert high[0] - low[0] <= width
    assert high[1] - low[1] <= depth
    assert least <= high[2] <= most


@pytest.mark.parametrize("name", OFFICE_SEATS)
def test_no_part_of_an_office_seat_floats(name: str) -> None:
    assert floating_boxes(OFFICE_SEATS[name][0](sample_palette(RNG(1)), RNG(4))) == []


@pytest.mark.parametrize("seed", range(6))
def test_the_back_of_a_chair_is_behind_it(seed: int) -> None:
    for name in ("lounge chair", "dining chair"):
        parts = PIECES[name][0](sample_palette(RNG(seed)), RNG(seed))
        points = np.concatenate([p.world_vertices() for p in parts])
        high = points[:, 2] > 0.85 * points[:, 2].max()
        assert points[high, 1].mean() > points[~high, 1].mean() + 0.1


def test_no_two_armchairs_are_the_same() -> None:
    sizes = {
        tuple(np.round(bounding_box(seats.home_armchair(sample_palette(RNG(0)), RNG(k), GREY))[1], 4))
        for k in range(12)
    }
    assert len(sizes) == 12


def test_a_sheet_follows_its_profile_and_is_closed() -> None:
    part = seats.padded_sheet([(-0.3, 0.4), (0.0, 0.4), (0.2, 0.4), (0.3, 0.9)], 0.5, 0.05, GREY)
    corners = part.world_vertices()[part.faces].astype(float)
    low, high = bounding_box((part,))
    assert (low[0], high[0]) == (-0.25, 0.25)
    assert low[1:] == pytest.approx([-0.34, 0.4], abs=0.05)
    volume = np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(0.5 * 0.05 * (0.5 + np.hypot(0.1, 0.5)), rel=0.15)


def test_what_is_stretched_keeps_its_place() -> None:
    turned = box((0, 0, 0), (1, 2, 3), GREY).moved((1, 0, 0), 90)
    low, high = bounding_box(seats.scaled_meshes((turned,), 2, 1, 0.5))
    np.testing.assert_allclose(low, [-2, 0, 0], atol=1e-6)
    np.testing.assert_allclose(high, [2, 1, 1.5], atol=1e-6)
