"""Plants: as high as asked for, on the ground, thicker where leaves are, no two alike."""

from dataclasses import replace

import numpy as np
import pytest
from bgfg.synth.kit.pieces.planting import Species, draw_species, flower_bed, hedge, shrub, tree, tree_line
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.scene import Part

LEAVES = paint((0.1, 0.2, 0.05))
OAK = Species(LEAVES, paint((0.2, 0.15, 0.1)), slender=1.0, clear=0.25)


def rng(key: int = 0) -> np.random.Generator:
    return np.random.default_rng(key)


def extent(parts: tuple[Part, ...]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([p.world_vertices() for p in parts])
    return points.min(axis=0), points.max(axis=0)


@pytest.mark.parametrize("species", [OAK, replace(OAK, slender=0.4), replace(OAK, palm=True)])
def test_a_tree_stands_on_the_ground_and_has_its_height(species: Species) -> None:
    for height in (4.0, 9.0):
        low, high = extent(tree(rng(), species, height))
        assert abs(low[2]) < 0.05
        assert high[2] == pytest.approx(height, rel=0.25)
        assert (np.abs([low[:2], high[:2]]) < 0.75 * height).all()


def test_under_the_crown_there_is_only_the_trunk() -> None:
    points = np.concatenate([p.world_vertices() for p in tree(rng(), OAK, 8.0)])
    under = points[points[:, 2] < 1.0]
    assert np.hypot(under[:, 0], under[:, 1]).max() < 0.5


def test_more_leaves_are_more_triangles() -> None:
    few, many = (sum(len(p.faces) for p in tree(rng(), OAK, 8.0, n)) for n in (100, 1000))
    assert many > few + 800


def test_a_hedge_fills_its_box() -> None:
    low, high = extent(hedge(rng(), LEAVES, 4.0, 0.8, 1.1))
    np.testing.assert_allclose(low, [-2, -0.4, 0], atol=0.15)
    np.testing.assert_allclose(high, [2, 0.4, 1.1], atol=0.15)


def test_shrubs_and_flowers_stay_low() -> None:
    assert extent(shrub(rng(), LEAVES, 1.0, 0.8))[1][2] < 1.1
    assert extent(flower_bed(rng(), LEAVES, 3.0, 1.0))[1][2] < 0.6


def test_a_line_of_trees_is_one_part_with_a_tree_at_each_place() -> None:
    places, heights = np.array([[0.0, 50.0], [30.0, 60.0]]), np.array([6.0, 10.0])
    part = tree_line(rng(), OAK, places, heights)
    for place, height in zip(places, heights, strict=True):
        own = part.vertices[np.hypot(*(part.vertices[:, :2] - place).T) < height]
        assert own[:, 2].max() == pytest.approx(height, rel=0.35)
        assert own[:, 2].min() < 0.2 * height


def test_trees_and_species_differ() -> None:
    one, two = (np.concatenate([p.vertices for p in tree(rng(k), OAK, 8.0)]) for k in (1, 2))
    assert one.shape != two.shape or (one != two).any()
    drawn = [draw_species(rng(k)) for k in range(60)]
    assert {s.palm for s in drawn} == {True, False}
    assert len({round(s.slender, 3) for s in drawn}) > 50
