"""Surfaces of known shape, and fits by numpy's own least squares, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.synth.export.normals import code_normals, surface_normals
from bgfg.synth.store.depth_code import LogDepth

FOCAL_PX = 100.0


def rays(height_px: int, width_px: int) -> NDArray[np.float64]:
    """Return the points of all rays at depth 1 m, (H, W, 3): right, up, and away from the camera as -1."""
    v, u = np.mgrid[:height_px, :width_px] + 0.5
    points = [(u - width_px / 2) / FOCAL_PX, (height_px / 2 - v) / FOCAL_PX, np.full_like(u, -1)]
    return np.asarray(np.stack(points, axis=-1), np.float64)


def plane_depth(normal: NDArray[np.float64], distance_m: float, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the depth of the plane that is `distance_m` away along its normal, which points to the camera."""
    with np.errstate(divide="ignore"):
        depth_m = -distance_m / (rays(*shape) @ normal)
    return np.where((depth_m > 0) & (depth_m < 50), depth_m, 0).astype(np.float32)


def unit(*vector: float) -> NDArray[np.float64]:
    return np.asarray(np.array(vector) / np.linalg.norm(vector), np.float64)


def angles_deg(normals: NDArray[np.floating], expected: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.degrees(np.arccos(np.clip((normals * expected).sum(axis=-1), -1, 1))), np.float64)


@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(0.3, 20))
def test_normals_of_planes_are_exact(right: float, up: float, distance_m: float) -> None:
    normal = unit(right, up, 1.0)
    depth_m = plane_depth(normal, distance_m, (31, 47))
    normals = surface_normals(depth_m, FOCAL_PX)
    known: NDArray[np.bool_] = np.asarray(normals.any(axis=-1))
    assert known[depth_m > 0].all()
    assert angles_deg(normals, normal)[known].max() < 0.1
    assert np.allclose(np.linalg.norm(normals[known], axis=-1), 1, atol=1e-5)


def test_a_wall_that_faces_the_camera_looks_at_it_and_a_floor_looks_up() -> None:
    wall = surface_normals(np.full((23, 29), 3, np.float32), FOCAL_PX)
    assert np.allclose(wall, [0, 0, 1], atol=1e-5)
    floor = surface_normals(plane_depth(unit(0, 1, 0), 1.5, (60, 60)), FOCAL_PX)
    assert np.allclose(floor[46:], [0, 1, 0], atol=2e-3)
    assert not floor[:29].any()


def test_a_ball_has_the_normals_of_its_radii() -> None:
    toward = rays(101, 101)
    # |t·ray - centre|² = r² with the centre 4 m ahead
    centre, radius = np.array([0, 0, -4.0]), 1.2
    a, b, c = (toward**2).sum(-1), -2 * toward @ centre, centre @ centre - radius**2
    hit: NDArray[np.bool_] = np.asarray(b * b - 4 * a * c > 0)
    t = np.where(hit, (-b - np.sqrt(np.maximum(b * b - 4 * a * c, 0))) / (2 * a), 0)
    normals = surface_normals(t.astype(np.float32), FOCAL_PX)
    expected = (toward * t[..., None] - centre) / radius
    front = hit & (expected[..., 2] > 0.6)
    assert angles_deg(normals, expected)[front].max() < 3
    assert not normals[~hit].any()


def test_an_edge_keeps_the_normals_of_both_sides() -> None:
    normal = unit(0.4, 0.2, 1.0)
    depth_m = plane_depth(normal, 4, (40, 40))
    depth_m[:, 17:] = 2.0
    normals = surface_normals(depth_m, FOCAL_PX)
    assert angles_deg(normals[:, :17], normal).max() < 0.1
    assert np.allclose(normals[:, 17:], [0, 0, 1], atol=1e-4)


def test_coded_depth_gives_the_normals_of_depth_to_some_degrees() -> None:
    code, normal = LogDepth(), unit(0.3, 0.8, 0.5)
    depth_m = plane_depth(normal, 1.5, (224, 224))
    near = (depth_m > 0) & (depth_m < 9)
    normals = surface_normals(code.decode(code.encode(depth_m)), 215.0, code.resolution)
    exact = surface_normals(depth_m, 215.0)
    error_deg = angles_deg(normals, exact)[near]
    assert np.median(error_deg) < 2
    assert np.percentile(error_deg, 95) < 6


def test_the_fit_is_that_of_least_squares_over_the_pixels_of_the_same_surface() -> None:
    rng = np.random.default_rng(3)
    depth_m = (2 + 0.05 * rng.random((19, 23))).astype(np.float32)
    depth_m[5:9, 4:15] = 0
    depth_m[10:, 12:] += 1.5
    fitted = surface_normals(depth_m, FOCAL_PX)
    for y, x in ((0, 0), (9, 3), (12, 12), (12, 11), (18, 22), (4, 7)):
        assert np.allclose(fitted[y, x], slow_normal(depth_m, y, x), atol=2e-3), (y, x)
    assert not fitted[depth_m == 0].any()


def slow_normal(depth_m: NDArray[np.float32], y: int, x: int) -> NDArray[np.float64]:
    rows, values = [], []
    for v in (-2, -1, 0, 1, 2):
        for u in (-2, -1, 0, 1, 2):
            if not (0 <= y + v < depth_m.shape[0] and 0 <= x + u < depth_m.shape[1]) or depth_m[y + v, x + u] == 0:
                continue
            inverse = 1 / float(depth_m[y + v, x + u])
            slope = np.tan(np.radians(83)) / FOCAL_PX * max(abs(u), abs(v))
            if abs(inverse - 1 / float(depth_m[y, x])) <= slope / float(depth_m[y, x]):
                rows.append((u + x + 0.5 - depth_m.shape[1] / 2, v + y + 0.5 - depth_m.shape[0] / 2, 1.0))
                values.append(inverse)
    a, b, c = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    return unit(-a * FOCAL_PX, b * FOCAL_PX, c)


@pytest.mark.parametrize(
    ("normal", "code"), [((0, 0, 0), (0, 0, 0)), ((0, 0, 1), (128, 128, 255)), ((-1, 0, 0), (0, 128, 128))]
)
def test_codes_are_those_that_the_form_says(normal: tuple[float, ...], code: tuple[int, ...]) -> None:
    assert tuple(code_normals(np.array(normal, np.float32)).tolist()) == code
