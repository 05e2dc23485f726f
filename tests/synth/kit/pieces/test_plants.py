"""Plants: as high as asked for, on the ground, thicker where leaves are, no two alike."""

from dataclasses import replace

import numpy as np
import pytest

from bgfg.synth.kit.pieces.plants import TreeSpecies, flower_bed, hedge, sample_tree_species, shrub, tree, tree_line
from bgfg.synth.kit.render.materials import paint
from tests.support.mesh_checks import bounding_box

LEAVES = paint((0.1, 0.2, 0.05))
OAK = TreeSpecies(LEAVES, paint((0.2, 0.15, 0.1)), crown_width=1.0, trunk_share=0.25)


def rng(key: int = 0) -> np.random.Generator:
    return np.random.default_rng(key)


@pytest.mark.parametrize("species", [OAK, replace(OAK, crown_width=0.4), replace(OAK, is_palm=True)])
def test_a_tree_stands_on_the_ground_and_has_its_height(species: TreeSpecies) -> None:
    for height in (4.0, 9.0):
        low, high = bounding_box(tree(rng(), species, height))
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
    low, high = bounding_box(hedge(rng(), LEAVES, 4.0, 0.8, 1.1))
    np.testing.assert_allclose(low, [-2, -0.4, 0], atol=0.15)
    np.testing.assert_allclose(high, [2, 0.4, 1.1], atol=0.15)


def test_shrubs_and_flowers_stay_low() -> None:
    assert bounding_box(shrub(rng(), LEAVES, 1.0, 0.8))[1][2] < 1.1
    assert bounding_box(flower_bed(rng(), LEAVES, 3.0, 1.0))[1][2] < 0.6


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
    drawn = [sample_tree_species(rng(k)) for k in range(60)]
    assert {s.is_palm for s in drawn} == {True, False}
    assert len({round(s.crown_width, 3) for s in drawn}) > 50
