import numpy as np
import pytest

from bgfg.synth.kit.render.sdf_primitives import Ellipsoid, HalfSpace, Tube
from bgfg.synth.kit.render.vectors import orthonormal_frame


def at(*points: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, z = np.array(points, np.float32).T
    return x, y, z


def test_a_round_tube_measures_the_distance_to_its_wall() -> None:
    tube = Tube(np.zeros(3), np.array([0, 0, 1.0]), np.array([0, 1.0, 0]), [(0, 0.1, 0.1), (1, 0.1, 0.1)], (0.1, 0.1))
    found = tube.distance(*at((0.3, 0, 0.5), (0, 0.1, 0.5), (0, 0.05, 0.5), (0, 0, 1.25)))
    np.testing.assert_allclose(found, [0.2, 0, -0.05, 0.15], atol=0.003)


def test_widths_of_a_tube_lie_along_its_side_and_depths_along_its_front() -> None:
    tube = Tube(np.zeros(3), np.array([0, 0, 1.0]), np.array([0, 1.0, 0]), [(0, 0.2, 0.1), (1, 0.2, 0.1)])
    assert tube.distance(*at((0.15, 0, 0.5)))[0] < 0 < tube.distance(*at((0, 0.15, 0.5)))[0]


def test_a_turned_tube_is_the_tube_with_a_turned_front() -> None:
    rows = [(0, 0.2, 0.1), (1, 0.2, 0.1)]
    turn = 0.6
    plain = Tube(np.zeros(3), np.array([0, 0, 1.0]), np.array([-np.sin(turn), np.cos(turn), 0]), rows)
    turned = Tube(np.zeros(3), np.array([0, 0, 1.0]), np.array([0, 1.0, 0]), rows, turn=(turn, turn))
    points = at((0.15, 0.1, 0.3), (-0.2, 0.05, 0.7), (0.02, 0.17, 0.9))
    np.testing.assert_allclose(plain.distance(*points), turned.distance(*points), atol=1e-5)


def test_the_section_of_a_tube_passes_its_first_and_last_station() -> None:
    tube = Tube(np.zeros(3), np.ones(3), np.array([0, 1.0, 0]), [(0, 0.2, 0.1, 0.01), (0.5, 0.3, 0.2), (1, 0.1, 0.1)])
    profile = tube.profile
    np.testing.assert_allclose(profile[[0, -1]], [[0.2, 0.1, 0.01], [0.1, 0.1, 0.0]], atol=1e-4)
    assert np.all(np.abs(np.diff(profile[:, 0])) < 0.01)


TUBE = Tube(np.array([0.1, 0, 0]), np.array([0.3, 0.5, 0.2]), np.array([0, 0, 1.0]), [(0, 0.1, 0.06), (1, 0.05, 0.12)])
EGG = Ellipsoid(np.array([0.2, -0.1, 0.4]), (0.3, 0.1, 0.2), orthonormal_frame([1, 1, 0.3], [0, 0, 1]))


@pytest.mark.parametrize("solid", [TUBE, EGG])
def test_bounds_hold_every_point_inside(solid: Tube | Ellipsoid) -> None:
    points = np.random.default_rng(3).uniform(-1, 1, (20000, 3)).astype(np.float32)
    inside = points[solid.distance(*points.T) < 0]
    low, high = solid.bounds()
    assert len(inside) > 20
    assert (inside >= low).all()
    assert (inside <= high).all()


def test_an_ellipsoid_is_zero_on_its_surface() -> None:
    axes = orthonormal_frame([1, 2, 3], [0, 1, 0])
    egg = Ellipsoid(np.array([0.1, 0.2, 0.3]), (0.3, 0.2, 0.1), axes)
    directions = np.random.default_rng(1).normal(size=(50, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    on = egg.centre + (directions * [0.3, 0.2, 0.1]) @ axes
    np.testing.assert_allclose(egg.distance(*on.T.astype(np.float32)), 0, atol=1e-6)


def test_a_half_space_is_negative_beyond_its_plane() -> None:
    space = HalfSpace(np.array([0, 0, 1.0]), np.array([0, 0, 2.0]))
    np.testing.assert_allclose(space.distance(*at((5, 5, 3), (0, 0, 0))), [-2, 1])
    assert np.isinf(space.bounds()[0]).all()
