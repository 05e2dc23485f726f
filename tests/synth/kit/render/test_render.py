"""The renderer against what can be worked out by hand."""

import numpy as np
import pytest
from bgfg.synth.kit.render.denoise import joint_blur
from bgfg.synth.kit.render.lighting import Patches, around, spread
from bgfg.synth.kit.render.render import exposure_of, render, tone_mapped
from bgfg.synth.kit.render.scene import AreaLight, Camera, Lights, Material, Part, Scene, Sky, Sun
from bgfg.synth.kit.render.shapes import box, quad, sphere
from bgfg.synth.kit.render.tracer import Tracer, vertex_normals

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
    scene = Scene(parts, Lights((AreaLight((0, 3, 3), (1, 0, 0), (0, -1, 0), (5, 5, 5)),), Sun((1, -1, 2), (3, 3, 3))))
    camera = Camera((0, 0, 1.5), (0, 3, 0.5), 50, 33, 29)
    one, two = render(scene, camera), render(scene, camera)
    for name in ("colour", "alpha", "depth_m"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


def test_an_open_surface_under_an_even_sky_has_its_albedo() -> None:
    seen = render(Scene((FLOOR,), sky=WHITE_SKY), Camera((0, 0, 1.5), (0, 2, 0), 40, 17, 13))
    np.testing.assert_allclose(seen.colour, 0.5, atol=1e-3)


def test_a_lamp_straight_above_gives_the_light_of_a_disc() -> None:
    lamp = AreaLight((0, 2, 3), (0.2, 0, 0), (0, -0.2, 0), (90, 90, 90))
    scene = Scene((FLOOR,), Lights((lamp,)), Sky((0, 0, 0), (0, 0, 0), (0, 0, 0)))
    camera = Camera((0, 0, 1.5), (0, 2, 0), 40, 65, 65)
    seen = render(scene, camera)
    expected = 0.5 * 90 * 0.04 / (np.pi * 9 + 0.04)
    assert seen.colour[32, 32, 0] == pytest.approx(expected, rel=0.02)


def test_a_lamp_does_not_shine_backwards() -> None:
    lamp = AreaLight((0, 0, 3), (1, 0, 0), (0, 1, 0), (9, 9, 9))  # u x v points up
    point, up = np.zeros((1, 3), np.float32), np.array([[0, 0, 1]], np.float32)
    assert Patches((lamp,)).rising(point, up).sum() == 0


@pytest.mark.parametrize(
    "lights",
    [Lights(sun=Sun((0, 0, 1), (6, 6, 6))), Lights((AreaLight((0, 4, 6), (1, 0, 0), (0, -1, 0), (60, 60, 60)),))],
)
def test_a_shadow_is_darker(lights: Lights) -> None:
    roof = quad((-0.5, 3.5, 2), (1, 0, 0), (0, 1, 0), GREY)
    camera = Camera((0, 0, 3), (0, 4, 0), 50, 65, 65)
    open_floor = render(Scene((FLOOR,), lights), camera)
    shaded = render(Scene((FLOOR, roof), lights), camera)
    place = np.round(camera.project(np.array([[0, 4.0, 0]]))[0][0] - 0.5).astype(int)
    assert shaded.colour[place[1], place[0]].mean() < 0.7 * open_floor.colour[place[1], place[0]].mean()


def test_what_casts_no_shadow_lets_light_through() -> None:
    pane = quad((-9, -9, 2), (18, 0, 0), (0, 18, 0), GREY, casts_shadow=False)
    lights = Lights(sun=Sun((0, 0, 1), (6, 6, 6)))
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
    seen = render(Scene((FLOOR,), Lights((lamp,))), Camera((0, 0, 1.5), (0, 3, 0), 40, 64, 64))
    inner = seen.colour[8:-8, 8:-8, 0]
    assert np.abs(np.diff(inner, n=2, axis=0)).max() < 0.004 * inner.mean()


def test_the_blur_stops_at_edges_and_keeps_what_is_even() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:13, 0:17].astype(np.float32)
    step = np.where(x < 9, 0, 1).astype(np.float32)
    points, normals = np.stack([x * 0.01, y * 0.01, step]), np.stack([0 * x, 0 * x, 1 + 0 * x])
    values = np.stack([step, step + rng.normal(0, 0.1, step.shape).astype(np.float32)])
    known = np.ones(step.shape, bool)
    out = joint_blur(values, points, normals, known, np.full(step.shape, 0.01, np.float32))
    np.testing.assert_allclose(out[0], step, atol=1e-5)
    assert (out[1] - step).std() < 0.5 * (values[1] - step).std()


def test_directions_lie_around_their_axis() -> None:
    axes = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [0.6, 0, -0.8]], np.float32)
    out = around(
        axes, np.full(4, 0.6, np.float32), np.full(4, 0.8, np.float32), np.array([0, 0.3, 0.6, 0.9], np.float32)
    )
    np.testing.assert_allclose((out * axes).sum(axis=1), 0.6, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-6)


def test_the_numbers_of_a_tile_are_spread_evenly() -> None:
    numbers = np.concatenate([np.stack(spread(np.arange(16), k, 4), axis=1) for k in range(4)])
    counts, _, _ = np.histogram2d(numbers[:, 0], numbers[:, 1], bins=4, range=[[0, 1], [0, 1]])
    assert counts.min() >= 3
    assert counts.max() <= 5


def test_smooth_parts_have_the_normals_of_a_ball() -> None:
    ball = sphere((1, 2, 3), 0.5, GREY)
    out = ball.world_vertices() - np.array([1, 2, 3])
    used = np.unique(ball.faces)
    np.testing.assert_allclose(vertex_normals(ball)[used], (out / 0.5)[used], atol=0.15)


def test_textures_are_asked_in_the_part_s_own_frame() -> None:
    asked: list[np.ndarray] = []

    def texture(points: np.ndarray, normals: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        asked.append(points)
        return np.full((len(points), 3), 0.5, np.float32)

    part = quad((-1, 0, -1), (2, 0, 0), (0, 0, 2), Material(texture)).moved((0.5, 4, 0), 180)
    render(Scene((part,)), Camera((0.5, 0, 0), (0.5, 1, 0), 20, 9, 9))
    assert all(np.abs(points[:, 1]).max() < 1e-4 for points in asked)
    assert all(np.abs(points).max() < 1.01 for points in asked)


def test_rays_meet_the_nearest_side() -> None:
    tracer = Tracer(Scene((box((-1, 2, -1), (1, 3, 1), GREY),)))
    hits = tracer.hits(np.zeros((2, 3), np.float32), np.array([[0, 1, 0], [0, -1, 0]], np.float32))
    assert hits.reach[0] == pytest.approx(2)
    np.testing.assert_allclose(hits.normals[0], [0, -1, 0])
    assert hits.part.tolist() == [0, -1]


def test_tone_mapping_rises_and_stays_in_range() -> None:
    ramp = np.linspace(0, 20, 500, dtype=np.float32)[:, None].repeat(3, axis=1)
    out = tone_mapped(ramp)[:, 0].astype(int)
    assert (np.diff(out) >= 0).all()
    assert (out[0], out[-1]) == (0, 255)
    assert tone_mapped(np.full((1, 3), 0.2140, np.float32))[0, 0] == 127  # sRGB's middle


def test_exposure_brings_the_mean_to_the_middle() -> None:
    assert exposure_of(np.full((5, 7, 3), 0.21, np.float32), 0.42) == pytest.approx(2, rel=1e-3)


def test_a_scene_of_one_part_needs_no_lights() -> None:
    lone: Part = box((-1, 2, -1), (1, 3, 1), GREY)
    seen = render(Scene((lone,)), Camera((0, 0, 0), (0, 1, 0), 40, 13, 17), samples=0)
    assert np.isfinite(seen.colour).all()
