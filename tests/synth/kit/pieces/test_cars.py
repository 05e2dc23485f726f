"""Cars: the size of cars, on their wheels, seen from every side, not all alike."""

import numpy as np

from bgfg.synth.kit.pieces.cars import car
from bgfg.synth.kit.render.scene import Mesh, Scene
from bgfg.synth.kit.render.tracer import Tracer


def corners(parts: tuple[Mesh, ...]) -> np.ndarray:
    return np.concatenate([p.world_vertices() for p in parts])


def test_cars_have_the_size_of_cars_and_stand_on_the_ground() -> None:
    for key in range(20):
        points = corners(car(np.random.default_rng(key)))
        length, width, height = np.ptp(points, axis=0)
        assert 3.8 < length < 5.2
        assert 1.6 < width < 2.1
        assert 1.4 < height < 2.2
        assert abs(points[:, 2].min()) < 0.05


def test_a_car_is_the_same_on_both_sides() -> None:
    parts = car(np.random.default_rng(1))
    x, z = np.meshgrid(np.linspace(-1.9, 1.9, 40), np.linspace(0.1, 1.3, 20))
    reach = []
    for side in (-1, 1):
        eyes = np.stack([x.ravel(), np.full(x.size, 5.0 * side), z.ravel()], axis=1).astype(np.float32)
        rays = np.tile(np.array([[0, -side, 0]], np.float32), (len(eyes), 1))
        hits = Tracer(Scene(parts)).intersect(eyes, rays)
        reach.append(np.where(hits.face >= 0, hits.ray_parameter, 0))
    # Bent panels are cut into triangles the same way round on both sides, so they aren't mirrored to the millimetre.
    assert (np.abs(reach[0] - reach[1]) < 0.05).mean() > 0.97
    assert (reach[0] > 0).mean() > 0.7


def test_cars_differ_in_shape_and_paint() -> None:
    cars = [car(np.random.default_rng(key)) for key in range(40)]
    assert len({round(float(np.ptp(corners(parts)[:, 0])), 3) for parts in cars}) == 4
    assert len({parts[0].material.albedo for parts in cars}) >= 6
