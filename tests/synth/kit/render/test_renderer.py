"""The renderer against what can be worked out by hand."""

import numpy as np
import pytest

from bgfg.synth.kit.render.mesh_primitives import box, quad, sphere
from bgfg.synth.kit.render.renderer import render
from bgfg.synth.kit.render.scene import AreaLight, Camera, Material, Mesh, Scene, SceneLights, Sky, Sun

GREY = Material((0.5, 0.5, 0.5))
FLOOR = quad((-50, -50, 0), (100, 0, 0), (0, 100, 0), GREY)
WHITE_SKY = Sky((1, 1, 1), (1, 1, 1), (1, 1, 1))


def test_a_wall_that_faces_the_camera_has_one_depth() -> None:
    wall = quad((-9, 4, -9), (18, 0, 0), (0, 0, 18), GREY)
    seen = render(Scene((wall,)), Camera((0, 0, 0), (0, 1, 0), 70, 17, 13))
    np.testing.assert_allclose(seen.depth_m, 4, rtol=1e-5)
    assert (seen.alpha == 1).all()


def test_depth_is_measured_along_the_optical_axis() -> None:
    camera = Camera((0, 0, 1.5), (0, 6, 0.4), 50, 17, 13)
    seen = render(Scene((FLOOR,)), camera)
    _, down, forward = camera.axes()
    v = (np.arange(13) + 0.5 - 6.5) * camera.pixel_slope
    falling = -(forward[2] + v * down[2])  # metres the ray falls for each metre of depth
    below = falling > 0.05
    expected = np.broadcast_to((1.5 / falling[below])[:, None], (int(below.sum()), 17))
    np.testing.assert_allclose(seen.depth_m[below], expected, rtol=1e-4)


def test_nothing_has_depth_and_coverage_zero() -> None:
    ball = sphere((0, 3, 0), 0.5, GREY)
    seen = render(Scene((ball,)), Camera((0, 0, 0), (0, 1, 0), 60, 17, 17))
    assert seen.depth_m[0, 0] == 0
    assert seen.alpha[0, 0] == 0
    assert seen.alpha[8, 8] == 1
    assert (seen.colour[seen.alpha == 0] == 0).all()


def test_alpha_is_the_share_of_the_pixel_that_is_covered() -> None:
    camera = Camera((0, 0, 0), (0, 1, 0), 2 * np.degrees(np.arctan(0.5)), 16, 16)  # a pixel is 1/16 m at 1 m
    edge = (3 + 0.25) / 16  # a quarter of column 11
    plate = quad((-9, 1, -9), (9 + edge, 0, 0), (0, 0, 18), GREY)
    seen = render(Scene((plate,)), camera, samples=64)
    np.testing.assert_allclose(seen.alpha[:, 11], 0.25, atol=0.05)
    assert (seen.alpha[:, :11] == 1).all()
    assert (seen.alpha[:, 12:] == 0).all()


def test_colour_is_not_multiplied_by_coverage() -> None:
    camera = Camera((0, 0, 0), (0, 1, 0), 60, 33, 33)
    seen = render(Scene((sphere((0, 3, 0), 0.8, Material((0.5, 0.5, 0.5), emission=4)),)), camera, samples=16)
    partly = (seen.alpha > 0) & (seen.alpha < 0.6)
    assert partly.any()
    assert (seen.colour[partly] > 1.8).all()


def test_the_same_scene_gives_the_same_bytes() -> None:
    parts = (FLOOR, sphere((0.3, 3, 0.5), 0.5, Material((0.6, 0.2, 0.1), gloss=1)), box((-1, 3, 0), (-0.4, 4, 1), GREY))
    scene = Scene(
        parts, SceneLights((AreaLight((0, 3, 3), (1, 0, 0), (0, -1, 0), (5, 5, 5)),), Sun((1, -1, 2), (3, 3, 3)))
    )
    camera = Camera((0, 0, 1.5), (0, 3, 0.5), 50, 33, 29)
    one, two = render(scene, camera), render(scene, camera)
    for name in ("colour", "alpha", "depth_m"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


def test_an_open_surface_under_an_even_sky_has_its_albedo() -> None:
    seen = render(Scene((FLOOR,), sky=WHITE_SKY), Camera((0, 0, 1.5), (0, 2, 0), 40, 17, 13))
    np.testing.assert_allclose(seen.colour, 0.5, atol=1e-3)


def test_a_lamp_straight_above_gives_the_light_of_a_disc() -> None:
    lamp = AreaLight((0, 2, 3), (0.2, 0, 0), (0, -0.2, 0), (90, 90, 90))
    scene = Scene((FLOOR,), SceneLights((lamp,)), Sky((0, 0, 0), (0, 0, 0), (0, 0, 0)))
    camera = Camera((0, 0, 1.5), (0, 2, 0), 40, 65, 65)
    seen = render(scene, camera)
    expected = 0.5 * 90 * 0.04 / (np.pi * 9 + 0.04)
    assert seen.colour[32, 32, 0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    "lights",
    [
        SceneLights(sun=Sun((0, 0, 1), (6, 6, 6))),
        SceneLights((AreaLight((0, 4, 6), (1, 0, 0), (0, -1, 0), (60, 60, 60)),)),
    ],
)
def test_a_shadow_is_darker(lights: SceneLights) -> None:
    roof = quad((-0.5, 3.5, 2), (1, 0, 0), (0, 1, 0), GREY)
    camera = Camera((0, 0, 3), (0, 4, 0), 50, 65, 65)
    open_floor = render(Scene((FLOOR,), lights), camera)
    shaded = render(Scene((FLOOR, roof), lights), camera)
    place = np.round(camera.project(np.array([[0, 4.0, 0]]))[0][0] - 0.5).astype(int)
    assert shaded.colour[place[1], place[0]].mean() < 0.7 * open_floor.colour[place[1], place[0]].mean()


def test_what_casts_no_shadow_lets_light_through() -> None:
    pane = quad((-9, -9, 2), (18, 0, 0), (0, 18, 0), GREY, casts_shadow=False)
    lights = SceneLights(sun=Sun((0, 0, 1), (6, 6, 6)))
    black = Sky((0, 0, 0), (0, 0, 0), (0, 0, 0))
    seen = render(Scene((FLOOR, pane), lights, black), Camera((0, 0, 1.5), (0, 2, 0), 40, 9, 9))
    np.testing.assert_allclose(seen.colour, 0.5 * 6 / np.pi, rtol=0.01)


def test_corners_are_darker_than_open_floor() -> None:
    wall = quad((-9, 4, 0), (18, 0, 0), (0, 0, 9), GREY)
    camera = Camera((0, 0, 1.5), (0, 4, 0), 60, 65, 65)
    seen = render(Scene((FLOOR, wall), sky=WHITE_SKY), camera)
    near, far = (camera.project(np.array([[0, y, 0]]))[0][0][1].astype(int) for y in (3.9, 1.8))
    assert seen.colour[near, 32].mean() < 0.85 * seen.colour[far, 32].mean()


def test_a_mirror_shows_what_is_opposite() -> None:
    mirror = quad((-9, -9, 0), (18, 0, 0), (0, 18, 0), Material((0, 0, 0), gloss=1, roughness=0, reflectance=1))
    red = quad((-9, 5, 0), (18, 0, 0), (0, 0, 9), Material((1, 0, 0), emission=2))
    seen = render(Scene((mirror, red)), Camera((0, 0, 1), (0, 3, 0), 30, 17, 17))
    np.testing.assert_allclose(seen.colour[8, 8], [2, 0, 0], atol=0.5)


def test_light_is_free_of_grain() -> None:
    lamp = AreaLight((0, 3, 3), (1.5, 0, 0), (0, -1.5, 0), (5, 5, 5))
    seen = render(Scene((FLOOR,), SceneLights((lamp,))), Camera((0, 0, 1.5), (0, 3, 0), 40, 64, 64))
    inner = seen.colour[8:-8, 8:-8, 0]
    assert np.abs(np.diff(inner, n=2, axis=0)).max() < 0.004 * inner.mean()


def test_light_from_every_second_pixel_is_the_light_of_every_pixel() -> None:
    lamp = AreaLight((0, 3, 3), (1.5, 0, 0), (0, -1.5, 0), (5, 5, 5))
    wall = quad((-9, 4, 0), (18, 0, 0), (0, 0, 9), GREY)
    rod = box((0.4, 3, 0), (0.41, 3.01, 2), Material((0.7, 0.3, 0.2), gloss=0.5))  # thinner than a pixel's neighbours
    scene, camera = Scene((FLOOR, wall, rod), SceneLights((lamp,))), Camera((0, 0, 1.5), (0, 3, 0.6), 50, 97, 90)
    full, spread = render(scene, camera), render(scene, camera, light_step=2)
    np.testing.assert_array_equal(full.depth_m, spread.depth_m)
    np.testing.assert_allclose(spread.colour, full.colour, atol=0.25)
    assert np.abs(spread.colour - full.colour).mean() < 0.01 * full.colour.mean()


def test_samples_taken_in_blocks_are_the_samples_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene((FLOOR, sphere((0.3, 3, 0.5), 0.5, Material((0.6, 0.2, 0.1), gloss=1))))
    camera = Camera((0, 0, 1.5), (0, 3, 0.5), 50, 33, 29)
    whole = render(scene, camera, samples=5)
    monkeypatch.setattr("bgfg.synth.kit.render.renderer.SAMPLE_BLOCK", 60)
    monkeypatch.setattr("bgfg.synth.kit.render.lighting.BLOCK", 100)
    parts = render(scene, camera, samples=5)
    np.testing.assert_array_equal(parts.alpha, whole.alpha)
    np.testing.assert_allclose(parts.colour, whole.colour, atol=1e-5)


def test_textures_are_asked_in_the_part_s_own_frame() -> None:
    asked: list[np.ndarray] = []

    def texture(points: np.ndarray, normals: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        asked.append(points)
        return np.full((len(points), 3), 0.5, np.float32)

    part = quad((-1, 0, -1), (2, 0, 0), (0, 0, 2), Material(texture)).moved((0.5, 4, 0), 180)
    render(Scene((part,)), Camera((0.5, 0, 0), (0.5, 1, 0), 20, 9, 9))
    assert all(np.abs(points[:, 1]).max() < 1e-4 for points in asked)
    assert all(np.abs(points).max() < 1.01 for points in asked)


def test_a_scene_of_one_part_needs_no_lights() -> None:
    lone: Mesh = box((-1, 2, -1), (1, 3, 1), GREY)
    seen = render(Scene((lone,)), Camera((0, 0, 0), (0, 1, 0), 40, 13, 17), samples=0)
    assert np.isfinite(seen.colour).all()
