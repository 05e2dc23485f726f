import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from bgfg.synth.kit.render.sdf_fields import (
    DistanceField,
    sample_solid,
    smooth_minimum,
    smooth_subtract,
    smooth_union,
    surface_nets,
    union_of_solids,
)
from bgfg.synth.kit.render.sdf_primitives import Ellipsoid, HalfSpace

VOXEL_M = 0.02


def f32(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


def ball(x: float, radius: float) -> Ellipsoid:
    return Ellipsoid(np.array([x, 0.013, -0.007]), (radius,) * 3, np.eye(3))


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]].astype(float) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_the_surface_of_a_ball_lies_on_the_ball() -> None:
    vertices, faces = surface_nets(sample_solid(ball(0.1, 0.2), VOXEL_M))
    radius = np.linalg.norm(vertices - [0.1, 0.013, -0.007], axis=1)
    np.testing.assert_allclose(radius, 0.2, atol=0.1 * VOXEL_M)
    assert vertices.dtype == np.float32
    assert volume(vertices, faces) == pytest.approx(4 / 3 * np.pi * 0.2**3, rel=0.02)


def test_a_surface_is_closed_and_turned_outwards() -> None:
    vertices, faces = surface_nets(union_of_solids([ball(0, 0.13), ball(0.15, 0.1)], VOXEL_M, 0.05))
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, back = {(int(a), int(b)) for a, b in edges}, {(int(b), int(a)) for a, b in edges}
    assert len(there) == len(edges)
    assert there == back
    assert volume(vertices, faces) > 0


def test_a_smooth_union_is_the_minimum_away_from_the_seam_and_less_at_it() -> None:
    a, b = f32([0.3, 0.0, 0.1]), f32([0.0, 0.3, 0.1])
    found = smooth_minimum(a, b, 0.1)
    np.testing.assert_allclose(found[:2], 0)
    assert found[2] < 0.1


def test_joining_a_field_sampled_nearby_equals_joining_everywhere() -> None:
    near = smooth_union(sample_solid(ball(0, 0.13), VOXEL_M, 0.05), sample_solid(ball(0.2, 0.1), VOXEL_M, 0.05), 0.05)
    x, y, z = near.axes()
    everywhere = smooth_minimum(ball(0, 0.13).distance(x, y, z), ball(0.2, 0.1).distance(x, y, z), 0.05)
    skin = np.abs(everywhere) < VOXEL_M
    np.testing.assert_allclose(near.values[skin], everywhere[skin], atol=1e-6)


def test_a_blend_may_fade_with_the_distance_from_a_point() -> None:
    first, second = sample_solid(ball(0, 0.13), VOXEL_M, 0.05), sample_solid(ball(0.2, 0.1), VOXEL_M, 0.05)
    soft, hard = smooth_union(first, second, 0.05), smooth_union(first, second, 0.0)
    far = smooth_union(first, second, (np.array([9.0, 0, 0]), 0.1, 0.05, 0.0))
    near = smooth_union(first, second, (np.array([0.1, 0, 0]), 1e6, 0.05, 0.0))
    np.testing.assert_allclose(far.values, hard.values, atol=1e-6)
    np.testing.assert_allclose(near.values, soft.values, atol=1e-5)


def test_a_cut_takes_away_what_lies_beyond() -> None:
    vertices, _ = surface_nets(
        smooth_subtract(sample_solid(ball(0, 0.2), VOXEL_M), HalfSpace(np.zeros(3), np.array([1.0, 0, 0])))
    )
    assert vertices[:, 0].max() < 0.25 * VOXEL_M
    assert vertices[:, 0].min() == pytest.approx(-0.2, abs=0.2 * VOXEL_M)


def test_fields_share_one_lattice() -> None:
    field = DistanceField(0.5, np.array([2, -1, 0]), np.zeros((2, 3, 1), np.float32))
    x, y, z = field.axes()
    assert (x.ravel().tolist(), y.ravel().tolist(), z.ravel().tolist()) == ([1.0, 1.5], [-0.5, 0.0, 0.5], [0.0])
