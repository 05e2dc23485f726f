"""Polygons of masks: pycocotools fills them to the very mask, whatever its holes, parts, corners and borders."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.synth.formats.polygons import mask_polygons

coco_mask = pytest.importorskip("pycocotools.mask", reason="the extra [export] isn't installed")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, at pycocotools' decoding


def mask_of(drawing: str) -> NDArray[np.uint8]:
    return np.array([[pixel == "#" for pixel in row] for row in drawing.split()], np.uint8)


def filled(polygons: list[list[int]], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Fill polygons as pycocotools does for an annotation of polygons."""
    encoded = coco_mask.merge(coco_mask.frPyObjects(polygons, *shape))
    return np.asarray(coco_mask.decode(encoded))


DRAWINGS = {
    "a pixel": "... .#. ...",
    "a line of one pixel": "..... .###. .....",
    "the whole frame": "### ### ###",
    "two parts": "##..# ##..# .....",
    "a hole": "..... .###. .#.#. .###. .....",
    "two holes": "####### #.##..# #.##..# #######",
    "an island in a hole": "####### #.....# #.###.# #.....# #######",
    "a hole in an island in a hole": "#########\n#.......#\n#.#####.#\n#.#...#.#\n#.#####.#\n#.......#\n#########",
    "corners that touch": "#.# .#. #.#",
    "holes that touch at a corner": "##### #.### ##.## #####",
    "a hole that touches the outside at a corner": ".#### #.### ##### #####",
    "a staircase": "#.... ##... ###.. ####. #####",
    "a comb": "#.#.# #.#.# #####",
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_mask_comes_back_to_the_pixel(name: str) -> None:
    mask = mask_of(DRAWINGS[name])
    np.testing.assert_array_equal(filled(mask_polygons(mask), mask.shape), mask)


@pytest.mark.parametrize("seed", range(20))
def test_noise_comes_back_to_the_pixel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = (rng.random((31, 23)) < rng.uniform(0.1, 0.9)).astype(np.uint8)
    np.testing.assert_array_equal(filled(mask_polygons(mask), mask.shape), mask)


def test_a_square_has_four_corners_at_the_edges_of_its_pixels() -> None:
    [square] = mask_polygons(mask_of(".... .##. .##. ...."))
    corners = {(square[i], square[i + 1]) for i in range(0, len(square), 2)}
    assert (len(square), corners) == (8, {(1, 1), (3, 1), (3, 3), (1, 3)})


def test_each_part_is_a_polygon_and_a_hole_is_joined_to_its_part() -> None:
    assert len(mask_polygons(mask_of(DRAWINGS["two parts"]))) == 2
    assert len(mask_polygons(mask_of(DRAWINGS["two holes"]))) == 1
    assert mask_polygons(mask_of("... ...")) == []


def test_a_hole_runs_against_its_outline_so_that_other_rules_of_filling_leave_it_open() -> None:
    [ring] = mask_polygons(mask_of(DRAWINGS["a hole"]))
    xs, ys = np.array(ring[::2]), np.array(ring[1::2])
    assert (
        abs(np.dot(xs, np.roll(ys, -1)) - np.dot(ys, np.roll(xs, -1))) / 2 == 8
    )  # 9 pixels less the one in the middle
