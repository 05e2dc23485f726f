"""Corners of homes: close by, seen by all sorts of cameras, at true depths, each one different and repeatable."""

import imagehash
import numpy as np
import pytest
from PIL import Image

from bgfg.synth.kit.build import draw_background
from bgfg.synth.kit.render.renderer import Rendering, render
from bgfg.synth.kit.render.scene import Camera, Scene
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.homes import KIND_CYCLE, NEAREST_M, home_kind, home_scene

EVERY_TURN = range(len(KIND_CYCLE))


def quick(scene: Scene, camera: Camera) -> Rendering:
    return render(scene, camera, samples=0, ambient_rays=1, light_rays=1)


@pytest.fixture(scope="module")
def homes() -> list[tuple[Scene, Camera]]:
    """Two turns of all kinds, seen in 32 by 32 pixels."""
    return [home_scene(11, index, 32) for index in range(2 * len(KIND_CYCLE))]


@pytest.fixture(scope="module")
def depths(homes: list[tuple[Scene, Camera]]) -> list[np.ndarray]:
    return [quick(*home).depth_m for home in homes]


def test_everything_has_a_depth_and_nothing_is_before_the_near_plane(depths: list[np.ndarray]) -> None:
    assert min(depth.min() for depth in depths) >= NEAREST_M - 0.05


def test_homes_are_seen_from_close_by(depths: list[np.ndarray]) -> None:
    medians = np.array([np.median(depth) for depth in depths])
    assert (medians < 4).mean() > 0.9
    assert np.median(medians) < 3
    assert np.mean([(depth < 4).mean() for depth in depths]) > 0.8


def test_only_what_is_seen_through_a_window_is_far(depths: list[np.ndarray]) -> None:
    """A room is 5.6 m long at most; some corners have a window in view, some have none."""
    far = [float((depth > 8).mean()) for depth in depths]
    assert 0.15 < np.mean([share == 0 for share in far]) < 0.95
    assert max(far) < 0.6


@pytest.mark.parametrize("index", EVERY_TURN)
def test_the_camera_stands_free_and_the_world_is_closed(homes: list[tuple[Scene, Camera]], index: int) -> None:
    scene, camera = homes[index]
    around = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    hits = Tracer(scene).intersect(np.tile(np.asarray(camera.eye, np.float32), (400, 1)), around)
    assert (hits.face >= 0).all()
    assert hits.ray_parameter.min() > 0.08


def test_depth_is_the_distance_of_a_floor_that_is_there(
    homes: list[tuple[Scene, Camera]], depths: list[np.ndarray]
) -> None:
    """In the lowest rows of most pictures some floor is seen, where the plane z = 0 says."""
    shares = []
    y, x = np.mgrid[16:32, 0:32]
    for (_, camera), depth in zip(homes, depths, strict=True):
        rays = camera.rays(x.ravel() + 0.5, y.ravel() + 0.5)
        plane = np.where(rays[:, 2] < 0, -camera.eye[2] / np.minimum(rays[:, 2], -1e-6), np.inf)
        shares.append((np.abs(depth[16:].ravel() / plane - 1) < 1e-3).mean())
    assert np.mean(np.array(shares) > 0.02) > 0.5


def test_cameras_look_from_all_heights_and_at_all_yaws(homes: list[tuple[Scene, Camera]]) -> None:
    cameras = [camera for _, camera in homes]
    heights = np.array([c.eye[2] for c in cameras])
    assert heights.min() < 0.9
    assert heights.max() > 1.5
    assert ((heights >= 0.4) & (heights <= 1.9)).all()
    forward = np.array([c.axes()[2] for c in cameras])
    quarters = {(bool(x > 0), bool(y > 0)) for x, y, _ in forward}
    assert len(quarters) == 4
    pitches = np.degrees(np.arcsin(forward[:, 2]))
    assert pitches.min() < -20
    assert pitches.max() > -8
    assert len({c.eye for c in cameras}) == len(homes)


def test_depth_is_the_same_home_at_any_size() -> None:
    """The depth at the centre of a 3 x 3 block of pixels is that of the pixel that covers the block."""
    small, large = draw_background(0, 3, 32, "home")[1], draw_background(0, 3, 96, "home")[1]
    assert (np.abs(large[1::3, 1::3].astype(int) - small) <= 2).mean() > 0.97


def test_homes_are_neither_black_nor_blank_and_exposed_in_many_ways() -> None:
    pictures = [draw_background(0, index, 48, "home")[0] for index in range(14)]
    means = np.array([picture.mean() for picture in pictures])
    assert means.min() > 35
    assert means.max() < 245
    assert np.ptp(means) > 50
    assert min(picture.std() for picture in pictures) > 10
    hashes = [imagehash.phash(Image.fromarray(picture)) for picture in pictures]
    assert [(i, j) for i in range(14) for j in range(i) if hashes[i] - hashes[j] <= 6] == []


def test_the_sky_is_stored_as_the_farthest_depth_there_is(depths: list[np.ndarray]) -> None:
    index = next(i for i, depth in enumerate(depths) if home_kind(i) == "window" and (depth > 100).any())
    depth_m, depth_mm = depths[index], draw_background(11, index, 32, "home")[1]
    assert (depth_mm[depth_m > 65.535] == 65_535).all()
    near = depth_m < 65.534
    np.testing.assert_array_equal(depth_mm[near], np.round(depth_m[near] * 1000).astype(np.uint16))
