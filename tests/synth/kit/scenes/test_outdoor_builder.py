"""An outdoor place being built: nothing stands in another thing, in the camera, or in its way."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.mesh_primitives import box
from bgfg.synth.kit.render.scene import Camera
from bgfg.synth.kit.scenes.footprints import bounding_rect
from bgfg.synth.kit.scenes.outdoor_builder import OutdoorBuilder, new_outdoor_builder
from bgfg.synth.kit.scenes.weather import sample_weather

CUBE = (box((-1, -1, 0), (1, 1, 2), paint((0.5, 0.5, 0.5))),)


@pytest.fixture
def site() -> OutdoorBuilder:
    rng = np.random.default_rng(4)
    camera = Camera((0.0, 0.0, 1.6), (0.0, 1.0, 1.6), 60, 13, 17)
    return new_outdoor_builder(rng, camera, sample_weather(rng), sample_palette(rng))


def test_what_is_taken_is_taken(site: OutdoorBuilder) -> None:
    assert site.place(CUBE, 0, 10, (2, 2))
    assert not site.place(CUBE, 1.5, 10, (2, 2))
    assert site.place(CUBE, 2.5, 10, (2, 2))
    assert len(site.meshes) == 2


def test_nothing_is_put_on_the_camera_or_right_before_it(site: OutdoorBuilder) -> None:
    assert not site.place(CUBE, 0, -1, (2, 2))
    assert not site.place(CUBE, 0.5, 4, (2, 2))
    assert site.place(CUBE, 0.5, 4, (2, 2), tall=False)
    assert site.place(CUBE, -6, 3, (2, 2))
    assert not site.place_tree(0.0, -2.0, height=9.0)


def test_a_footprint_s_extent_is_that_of_its_turned_corners() -> None:
    for yaw in (0.0, 30.0, 90.0, 217.0):
        c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
        corners = np.array([[3 + c * x - s * y, 7 + s * x + c * y] for x in (-1.5, 1.5) for y in (-0.5, 0.5)])
        np.testing.assert_allclose(
            bounding_rect(3, 7, 3, 1, yaw), [*corners.min(axis=0), *corners.max(axis=0)], atol=1e-9
        )


def test_a_building_stands_behind_its_front_and_takes_its_ground(site: OutdoorBuilder) -> None:
    main = site.place_building(5.0, 20.0, 0.0, 16.0, 10.0, 3)
    assert main is not None
    points = np.concatenate([p.world_vertices() for p in site.meshes])
    assert points[:, 1].min() > 20 - 2
    assert points[:, 1].max() < 30 + 2
    assert site.place_building(5.0, 24.0, 0.0, 16.0, 10.0, 3) is None


def test_a_patch_lies_its_rise_above_the_ground(site: OutdoorBuilder) -> None:
    site.add_patch((-2, 3, 4, 8), site.lawn, 0.1, kerb=True)
    lawn, kerb = site.meshes
    assert lawn.vertices[:, 2].max() == pytest.approx(0.1)
    assert kerb.vertices[:, 2].max() == pytest.approx(0.12)
    assert lawn.vertices[:, :2].min(axis=0).tolist() == [-2, 3]


def test_a_closed_place_is_few_parts_under_one_sky(site: OutdoorBuilder) -> None:
    site.add_ground(site.paving)
    for k in range(8):
        site.place(CUBE, -12.0 + 3 * k, 12, (2, 2))
    site.add_backdrop()
    parts = site.build()
    assert len(parts) < 10
    assert np.linalg.norm(parts[-1].vertices, axis=1).min() > 3900
