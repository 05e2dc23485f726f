"""Chairs of a home: of plausible size, whole, each one another, their backs behind them."""

from collections.abc import Callable

import numpy as np
import pytest
from bgfg.synth.kit.pieces import seats
from bgfg.synth.kit.pieces.looks import Look, draw_look
from bgfg.synth.kit.render.scene import Material, Part
from bgfg.synth.kit.render.shapes import box

from tests.support.pieces import assert_stands, extent

RNG = np.random.default_rng
GREY = Material((0.5, 0.5, 0.5))

# piece, most width (x), most depth (y), least and most height (z), all in m
PIECES: dict[str, tuple[Callable[[Look, np.random.Generator], tuple[Part, ...]], float, float, float, float]] = {
    "lounge chair": (lambda look, rng: seats.lounge_chair(look, rng, GREY), 0.78, 1.3, 0.72, 1.2),
    "armchair": (lambda look, rng: seats.armchair(look, rng, GREY), 1.2, 1.3, 0.55, 1.2),
    "couch": (lambda look, rng: seats.couch(look, rng, GREY), 2.8, 1.1, 0.6, 1.1),
    "dining chair": (seats.dining_chair, 0.6, 0.65, 0.7, 1.05),
    "footstool": (lambda look, rng: seats.footstool(look, rng, GREY), 0.61, 0.51, 0.29, 0.47),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("seed", range(8))
def test_a_seat_stands_on_the_floor_and_keeps_its_size(name: str, seed: int) -> None:
    build, *bounds = PIECES[name]
    assert_stands(build(draw_look(RNG(seed)), RNG(seed)), *bounds, off_floor_m=0.03)


@pytest.mark.parametrize("seed", range(6))
def test_the_back_of_a_chair_is_behind_it(seed: int) -> None:
    for name in ("lounge chair", "dining chair"):
        parts = PIECES[name][0](draw_look(RNG(seed)), RNG(seed))
        points = np.concatenate([p.world_vertices() for p in parts])
        high = points[:, 2] > 0.85 * points[:, 2].max()
        assert points[high, 1].mean() > points[~high, 1].mean() + 0.1


def test_no_two_armchairs_are_the_same() -> None:
    sizes = {tuple(np.round(extent(seats.armchair(draw_look(RNG(0)), RNG(k), GREY))[1], 4)) for k in range(12)}
    assert len(sizes) == 12


def test_a_sheet_follows_its_profile_and_is_closed() -> None:
    part = seats.sheet([(-0.3, 0.4), (0.0, 0.4), (0.2, 0.4), (0.3, 0.9)], 0.5, 0.05, GREY)
    corners = part.world_vertices()[part.faces].astype(float)
    low, high = extent((part,))
    assert (low[0], high[0]) == (-0.25, 0.25)
    assert low[1:] == pytest.approx([-0.34, 0.4], abs=0.05)
    volume = np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(0.5 * 0.05 * (0.5 + np.hypot(0.1, 0.5)), rel=0.15)


def test_what_is_stretched_keeps_its_place() -> None:
    turned = box((0, 0, 0), (1, 2, 3), GREY).moved((1, 0, 0), 90)
    low, high = extent(seats.stretched((turned,), 2, 1, 0.5))
    np.testing.assert_allclose(low, [-2, 0, 0], atol=1e-6)
    np.testing.assert_allclose(high, [2, 1, 1.5], atol=1e-6)
