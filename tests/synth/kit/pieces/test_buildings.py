"""Buildings: within their outline, windows behind their walls, every style, an entrance before the front."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.buildings import FACADE_STYLES, BuildingVolume, building_volume, entrance, sample_facade
from bgfg.synth.kit.pieces.facade_materials import sample_facade_materials
from bgfg.synth.kit.render.scene import Mesh, Scene
from bgfg.synth.kit.render.tracer import Tracer
from tests.support.mesh_checks import bounding_box


def rng(key: int = 0) -> np.random.Generator:
    return np.random.default_rng(key)


def depths_across(parts: tuple[Mesh, ...], width: float, z: np.ndarray) -> np.ndarray:
    """Return how far behind y = 0 the front lies along x, at heights `z`, seen straight from 20 m before it."""
    x = np.linspace(-0.45, 0.45, 301) * width
    xs, zs = np.meshgrid(x, z)
    eyes = np.stack([xs.ravel(), np.full(xs.size, -20.0), zs.ravel()], axis=1).astype(np.float32)
    ahead = np.tile(np.array([[0, 1, 0]], np.float32), (len(eyes), 1))
    return Tracer(Scene(parts)).intersect(eyes, ahead).ray_parameter - 20


@pytest.mark.parametrize("style", FACADE_STYLES)
def test_a_volume_keeps_within_its_outline_and_stands_on_the_ground(style: str) -> None:
    for key in range(3):
        v = BuildingVolume(20, 12, 4, sample_facade(rng(key), style))
        low, high = bounding_box(building_volume(rng(key), v, sample_facade_materials(rng(key))))
        assert (low >= [-10.7, -0.7, 0]).all()
        assert (high[:2] <= [10.7, 12.7]).all()
        assert low[2] == 0
        assert v.height < high[2] < v.height + 4


@pytest.mark.parametrize("style", FACADE_STYLES)
def test_windows_lie_behind_the_wall(style: str) -> None:
    facade = sample_facade(rng(1), style)
    v = BuildingVolume(20, 12, 4, facade)
    parts = building_volume(rng(1), v, sample_facade_materials(rng(1)))
    middles = facade.ground_floor_height + facade.storey_height * (np.arange(3) + 0.5)
    seen = depths_across(parts, v.width, middles)
    assert np.isclose(seen, facade.glass_inset, atol=0.02).mean() > 0.25
    bands = depths_across(parts, v.width, np.array([facade.ground_floor_height + 0.01]))
    assert np.isclose(bands, 0, atol=1e-3).mean() > 0.4


def test_round_corners_cut_the_corner_off() -> None:
    facade = sample_facade(rng(2), "ribbon")
    off = []
    for corner in (0.0, 5.0):
        parts = building_volume(rng(2), BuildingVolume(20, 20, 3, facade, corner), sample_facade_materials(rng(2)))
        corners = np.concatenate([p.world_vertices()[:, :2] for p in parts])
        off.append(np.hypot(*(corners - [-10.0, 0.0]).T).min())
    assert off[0] < 0.01
    assert 5 * (np.sqrt(2) - 1) - 0.55 < off[1] < 5 * (np.sqrt(2) - 1) + 0.1


def test_lamps_burn_only_where_rooms_are_lit() -> None:
    materials = sample_facade_materials(rng(3), 0.5)
    v = BuildingVolume(20, 12, 5, sample_facade(rng(3), "punched"))
    assert not any(p.material is materials.lamp for p in building_volume(rng(4), v, materials))
    assert any(p.material is materials.lamp for p in building_volume(rng(4), v, materials, lit=0.5))


def test_an_entrance_stays_before_the_front_and_within_its_room() -> None:
    for key in range(12):
        low, high = bounding_box(entrance(rng(key), sample_facade_materials(rng(key)), 6.0, 4.0, 3.0))
        assert low[1] >= -3.5
        assert high[1] <= 0.5
        assert low[2] >= 0
        assert high[2] <= 4.5


def test_facades_are_many() -> None:
    assert {sample_facade(rng(k)).style for k in range(60)} == set(FACADE_STYLES)
    assert {sample_facade(rng(k)).ground_floor_style for k in range(40)} == {"solid", "glazed", "columns"}
