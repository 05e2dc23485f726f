"""Parts, cameras and skies: plain geometry against slow obvious versions."""

import numpy as np
import pytest

from bgfg.synth.kit.render.mesh_primitives import box
from bgfg.synth.kit.render.scene import AreaLight, Camera, Material, Sky

GREY = Material((0.5, 0.5, 0.5))


def test_a_part_turns_about_the_world_s_axis_and_then_shifts() -> None:
    part = box((1, 0, 0), (2, 1, 1), GREY).moved((0, 0, 0), 90).moved((10, 0, 0), 0)
    low, high = part.world_vertices().min(axis=0), part.world_vertices().max(axis=0)
    np.testing.assert_allclose(low, [9, 1, 0], atol=1e-6)
    np.testing.assert_allclose(high, [10, 2, 1], atol=1e-6)


def test_moves_add_up() -> None:
    once = box((1, 2, 3), (2, 4, 5), GREY).moved((1, 2, 3), 30).moved((-2, 1, 0), 45)
    x, y, z = (once.vertices.astype(float)[:, k] for k in range(3))
    for offset, yaw in (((1, 2, 3), 30), ((-2, 1, 0), 45)):
        c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
        x, y, z = c * x - s * y + offset[0], s * x + c * y + offset[1], z + offset[2]
    np.testing.assert_allclose(once.world_vertices(), np.stack([x, y, z], axis=1), atol=1e-5)


def test_a_settled_part_stands_where_it_stood() -> None:
    part = box((1, 2, 3), (2, 4, 5), GREY).moved((1, 2, 3), 30)
    np.testing.assert_allclose(part.baked().vertices, part.world_vertices())
    assert part.baked().offset == (0, 0, 0)


def test_a_light_moves_like_a_part() -> None:
    light = AreaLight((1, 0, 2), (1, 0, 0), (0, 0, 1), (1, 1, 1)).moved((5, 0, 0), 90)
    np.testing.assert_allclose(light.centre, (5, 1, 2), atol=1e-9)
    np.testing.assert_allclose(light.edge_u, (0, 1, 0), atol=1e-9)
    np.testing.assert_allclose(light.edge_v, (0, 0, 1), atol=1e-9)


def test_a_ray_advances_one_metre_of_depth() -> None:
    camera = Camera((1, 2, 1.5), (3, 9, 1.0), 55, 17, 13)
    _, _, forward = camera.axes()
    rays = camera.rays(np.array([0.0, 8.5, 17.0]), np.array([0.0, 6.5, 13.0]))
    np.testing.assert_allclose(rays @ forward, 1, atol=1e-6)
    np.testing.assert_allclose(rays[1], forward, atol=1e-6)


def test_projecting_undoes_the_rays() -> None:
    camera = Camera((1, 2, 1.5), (3, 9, 1.0), 55, 17, 13)
    x, y = np.array([0.3, 5.0, 16.2]), np.array([12.5, 1.0, 7.7])
    points = np.asarray(camera.eye) + 3.5 * camera.rays(x, y).astype(float)
    places, depth = camera.project(points)
    np.testing.assert_allclose(places, np.stack([x, y], axis=1), atol=1e-4)
    np.testing.assert_allclose(depth, 3.5, atol=1e-5)


def test_the_field_of_view_is_the_vertical_one() -> None:
    camera = Camera((0, 0, 0), (0, 1, 0), 60, 40, 20)
    top = camera.rays(np.array([20.0]), np.array([0.0]))[0]
    assert np.degrees(np.arctan2(top[2], top[1])) == pytest.approx(30, abs=1e-4)


def test_a_leaning_camera_sees_level_lines_fall_to_the_left() -> None:
    upright, leaning = (Camera((0, 0, 1), (0, 1, 1), 60, 40, 40, roll) for roll in (0.0, 10.0))
    assert upright.roll_deg == 0
    sides = np.array([[-1.0, 5.0, 1.0], [1.0, 5.0, 1.0]])
    (left, right), depth = leaning.project(sides)
    assert np.degrees(np.arctan2(left[1] - right[1], right[0] - left[0])) == pytest.approx(10)
    np.testing.assert_allclose(depth, upright.project(sides)[1])


def test_the_sky_blends_by_slope() -> None:
    sky = Sky((3, 0, 0), (0, 2, 0), (0, 0, 1))
    seen = sky.radiance(np.array([[0, 0, 1], [1, 0, 0], [0, 0, -1]], np.float32))
    np.testing.assert_allclose(seen, [[3, 0, 0], [0, 2, 0], [0, 0, 1]])
