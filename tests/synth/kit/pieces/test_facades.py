"""Buildings: within their outline, windows behind their walls, every style, an entrance before the front."""

import numpy as np
import pytest
from bgfg.synth.kit.pieces.facades import STYLES, Volume, draw_cladding, draw_facade, entrance, volume
from bgfg.synth.kit.render.scene import Part, Scene
from bgfg.synth.kit.render.tracer import Tracer


def rng(key: int = 0) -> np.random.Generator:
    return np.random.default_rng(key)


def extent(parts: tuple[Part, ...]) -> tuple[np.ndarray, np.ndarray]:
    corners = np.concatenate([p.world_vertices() for p in parts])
    return corners.min(axis=0), corners.max(axis=0)


def depths_across(parts: tuple[Part, ...], width: float, z: np.ndarray) -> np.ndarray:
    """Return how far behind y = 0 the front lies along x, at heights `z`, seen straight from 20 m before it."""
    x = np.linspace(-0.45, 0.45, 301) * width
    xs, zs = np.meshgrid(x, z)
    eyes = np.stack([xs.ravel(), np.full(xs.size, -20.0), zs.ravel()], axis=1).astype(np.float32)
    ahead = np.tile(np.array([[0, 1, 0]], np.float32), (len(eyes), 1))
    return Tracer(Scene(parts)).hits(eyes, ahead).reach - 20


@pytest.mark.parametrize("style", STYLES)
def test_a_volume_keeps_within_its_outline_and_stands_on_the_ground(style: str) -> None:
    for key in range(3):
        v = Volume(20, 12, 4, draw_facade(rng(key), style))
        low, high = extent(volume(rng(key), v, draw_cladding(rng(key))))
        assert (low >= [-10.7, -0.7, 0]).all()
        assert (high[:2] <= [10.7, 12.7]).all()
        assert low[2] == 0
        assert v.height < high[2] < v.height + 4


@pytest.mark.parametrize("style", STYLES)
def test_windows_lie_behind_the_wall(style: str) -> None:
    facade = draw_facade(rng(1), style)
    v = Volume(20, 12, 4, facade)
    parts = volume(rng(1), v, draw_cladding(rng(1)))
    middles = facade.first + facade.storey * (np.arange(3) + 0.5)
    seen = depths_across(parts, v.width, middles)
    assert np.isclose(seen, facade.inset, atol=0.02).mean() > 0.25
    bands = depths_across(parts, v.width, np.array([facade.first + 0.01]))
    assert np.isclose(bands, 0, atol=1e-3).mean() > 0.4


def test_round_corners_cut_the_corner_off() -> None:
    facade = draw_facade(rng(2), "ribbon")
    off = []
    for corner in (0.0, 5.0):
        parts = volume(rng(2), Volume(20, 20, 3, facade, corner), draw_cladding(rng(2)))
        corners = np.concatenate([p.world_vertices()[:, :2] for p in parts])
        off.append(np.hypot(*(corners - [-10.0, 0.0]).T).min())
    assert off[0] < 0.01
    assert 5 * (np.sqrt(2) - 1) - 0.55 < off[1] < 5 * (np.sqrt(2) - 1) + 0.1


def test_lamps_burn_only_where_rooms_are_lit() -> None:
    cladding = draw_cladding(rng(3), 0.5)
    v = Volume(20, 12, 5, draw_facade(rng(3), "punched"))
    assert not any(p.material is cladding.lamp for p in volume(rng(4), v, cladding))
    assert any(p.material is cladding.lamp for p in volume(rng(4), v, cladding, lit=0.5))


def test_an_entrance_stays_before_the_front_and_within_its_room() -> None:
    for key in range(12):
        low, high = extent(entrance(rng(key), draw_cladding(rng(key)), 6.0, 4.0, 3.0))
        assert low[1] >= -3.5
        assert high[1] <= 0.5
        assert low[2] >= 0
        assert high[2] <= 4.5


def test_facades_and_claddings_are_many() -> None:
    assert {draw_facade(rng(k)).style for k in range(60)} == set(STYLES)
    assert {draw_facade(rng(k)).base for k in range(40)} == {"solid", "glazed", "columns"}
    assert len({repr(draw_cladding(rng(k)).wall.albedo) for k in range(30)}) > 25
