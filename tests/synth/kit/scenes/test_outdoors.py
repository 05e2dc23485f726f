"""Places out of doors: ground where the plane says, the sky farthest of all, each place different and repeatable."""

import imagehash
import numpy as np
import pytest
from PIL import Image

from bgfg.synth.kit.build import draw_background
from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.renderer import Rendering, render
from bgfg.synth.kit.render.scene import Camera, Scene
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.cameras import vary_camera
from bgfg.synth.kit.scenes.offices import office_scene
from bgfg.synth.kit.scenes.outdoor_builder import new_outdoor_builder
from bgfg.synth.kit.scenes.outdoors import DEPTH_LIMIT_M, OUTDOOR_KINDS, outdoor_kind, outdoor_scene
from bgfg.synth.kit.scenes.weather import sample_weather

EVERY_KIND = range(len(OUTDOOR_KINDS))


def quick(scene: Scene, camera: Camera) -> Rendering:
    return render(scene, camera, samples=0, ambient_rays=1, light_rays=1)


def plane_depth(camera: Camera, height_m: float) -> np.ndarray:
    """Return the z-depth (H, W) of the level plane at `height_m` in each pixel, inf above the horizon."""
    right, down, forward = camera.axes()
    out = np.full((camera.height_px, camera.width_px), np.inf)
    for y in range(camera.height_px):
        for x in range(camera.width_px):
            u, v = x + 0.5 - camera.width_px / 2, y + 0.5 - camera.height_px / 2
            ray = forward + camera.pixel_slope * (u * right + v * down)
            if ray[2] < -1e-6:
                out[y, x] = (height_m - camera.eye[2]) / ray[2]
    return out


@pytest.fixture(scope="module")
def places() -> list[tuple[Scene, Camera]]:
    """Three places of each kind, seen in 17 by 17 pixels."""
    return [outdoor_scene(3, index, 17) for index in range(3 * len(OUTDOOR_KINDS))]


@pytest.fixture(scope="module")
def depths(places: list[tuple[Scene, Camera]]) -> list[np.ndarray]:
    return [quick(*place).depth_m for place in places]


@pytest.fixture(scope="module")
def pictures() -> list[tuple[np.ndarray, np.ndarray]]:
    """Pictures and their depth in millimetres, three of each kind."""
    return [draw_background(0, index, 48, "outdoor") for index in range(3 * len(OUTDOOR_KINDS))]


def around(count: int) -> np.ndarray:
    directions = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    unit: np.ndarray = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit


def test_nothing_lies_below_the_ground(places: list[tuple[Scene, Camera]], depths: list[np.ndarray]) -> None:
    for (_, camera), depth in zip(places, depths, strict=True):
        ground = plane_depth(camera, 0.0)
        reached = ground < 500
        assert (depth[reached] <= ground[reached] * (1 + 1e-3)).all()


@pytest.mark.parametrize("index", EVERY_KIND)
def test_open_ground_has_the_depth_of_the_level_plane(
    places: list[tuple[Scene, Camera]], depths: list[np.ndarray], index: int
) -> None:
    """Ground lies on one of few levels; of three places, in one at least most of the lowest rows show it."""
    levels = (0.0, 0.002, 0.003, 0.004, 0.005, 0.01, 0.012, 0.015, 0.1, 0.12, 0.13, 0.133)
    shares = []
    for number in range(index, len(places), len(OUTDOOR_KINDS)):
        camera, depth = places[number][1], depths[number][-3:]
        off = np.min([np.abs(depth / plane_depth(camera, z)[-3:] - 1) for z in levels], axis=0)
        shares.append((off < 1e-3).mean())
    assert max(shares) > 0.7


def test_bare_ground_is_exactly_the_level_plane() -> None:
    camera = Camera((0.0, 0.0, 1.7), (0.2, 1.0, 1.5), 70, 17, 13, roll_deg=3)
    rng = np.random.default_rng(0)
    site = new_outdoor_builder(rng, camera, sample_weather(rng), sample_palette(rng))
    site.add_ground(site.paving)
    seen = quick(Scene(site.build()), camera).depth_m
    plane = plane_depth(camera, 0.0)
    near = plane < 500
    assert near.mean() > 0.4
    np.testing.assert_allclose(seen[near], plane[near], rtol=1e-4)
    assert (seen[~near] > DEPTH_LIMIT_M).all()


def test_the_sky_is_stored_as_the_farthest_depth_there_is() -> None:
    scene, camera = outdoor_scene(11, 0, 32)
    seen = quick(scene, camera)
    _, depth_mm = draw_background(11, 0, 32, "outdoor")
    assert np.iinfo(np.uint16).max / 1000 == DEPTH_LIMIT_M
    assert (seen.depth_m > 1000).any()
    assert (depth_mm[seen.depth_m > DEPTH_LIMIT_M] == 65_535).all()
    near = seen.depth_m < DEPTH_LIMIT_M - 0.001
    np.testing.assert_array_equal(depth_mm[near], np.round(seen.depth_m[near] * 1000).astype(np.uint16))


@pytest.mark.parametrize("index", range(3 * len(OUTDOOR_KINDS)))
def test_the_camera_stands_free_under_a_closed_sky(places: list[tuple[Scene, Camera]], index: int) -> None:
    scene, camera = places[index]
    directions = around(400)
    eyes = np.tile(np.asarray(camera.eye, np.float32), (400, 1))
    hits = Tracer(scene).intersect(eyes, directions)
    assert (hits.face >= 0).all()
    assert hits.ray_parameter.min() > 0.6


def test_every_kind_has_its_turn_and_draws(pictures: list[tuple[np.ndarray, np.ndarray]]) -> None:
    assert [outdoor_kind(index) for index in EVERY_KIND] == ["court", "street", "facade"]
    for colour, depth_mm in pictures:
        assert 50 < colour.mean() < 230
        assert colour.std() > 18
        assert depth_mm.min() > 300
        assert len(np.unique(depth_mm)) > 300


def test_no_two_places_look_alike(pictures: list[tuple[np.ndarray, np.ndarray]]) -> None:
    hashes = [imagehash.phash(Image.fromarray(colour)) for colour, _ in pictures]
    assert [(i, j) for i in range(9) for j in range(i) if hashes[i] - hashes[j] <= 6] == []


def test_cameras_differ_in_height_lens_pitch_and_lean() -> None:
    cameras = [outdoor_scene(1, index, 16)[1] for index in range(30)]
    heights = np.array([c.eye[2] for c in cameras])
    assert ((heights >= 1.2) & (heights <= 2.2)).mean() > 0.75
    assert min(c.fov_deg for c in cameras) < 52
    assert max(c.fov_deg for c in cameras) > 78
    assert np.ptp([c.target[2] - c.eye[2] for c in cameras]) > 0.2
    assert 0 < np.ptp([c.roll_deg for c in cameras]) <= 8


def test_a_loosened_camera_stays_free_in_its_room() -> None:
    for index in range(4):
        scene, camera = office_scene(5, index, 16)
        loose = vary_camera(camera, np.random.default_rng(index))
        assert loose.eye[:2] == camera.eye[:2]
        assert (loose.eye, loose.fov_deg) != (camera.eye, camera.fov_deg)
        hits = Tracer(scene).intersect(np.tile(np.asarray(loose.eye, np.float32), (300, 1)), around(300))
        assert hits.ray_parameter.min() > 0.25
        assert quick(scene, loose).depth_m.max() < 13
