"""The draw of positions under the rules `random` and `grid`."""

from __future__ import annotations

import numpy as np

from bgfg.data_manifests.placement.random_grid import GRID_PLACEMENTS, count_visible_px, draw_boxes


def test_random_boxes_lie_wholly_inside_and_reach_every_border() -> None:
    sizes = np.array([[5, 3], [13, 17], [1, 1]], np.int32)
    boxes = draw_boxes("random", 7, 2, sizes, 4_000, 13, 17)
    x, y, w, h = np.moveaxis(boxes, -1, 0)
    assert (x.min(), y.min()) == (0, 0)
    assert ((x + w).max(axis=1) == 17).all()
    assert ((y + h).max(axis=1) == 13).all()
    assert (boxes[1] == [0, 0, 17, 13]).all()


def test_random_positions_are_uniform_and_independent() -> None:
    boxes = draw_boxes("random", 1, 0, np.array([[4, 4]], np.int32), 70_000, 13, 10)
    table, _, _ = np.histogram2d(boxes[0, :, 1], boxes[0, :, 0], bins=[np.arange(11), np.arange(8)])
    chi2 = ((table - 1_000) ** 2 / 1_000).sum()
    assert 69 - 4 * np.sqrt(2 * 69) < chi2 < 69 + 4 * np.sqrt(2 * 69)


def test_a_placement_depends_on_seed_b_f_k_alone() -> None:
    few = draw_boxes("random", 5, 3, np.full((4, 2), 6, np.int32), 3, 50, 60)
    many = draw_boxes("random", 5, 3, np.full((9, 2), 6, np.int32), 8, 50, 60)
    assert (many[:4, :3] == few).all()
    assert (draw_boxes("random", 6, 3, np.full((4, 2), 6, np.int32), 3, 50, 60) != few).any()
    assert (draw_boxes("random", 5, 4, np.full((4, 2), 6, np.int32), 3, 50, 60) != few).any()


def test_grid_has_the_original_corners_and_scales() -> None:
    sizes = np.array([[112, 112]], np.int32)
    corners = draw_boxes("grid", 0, 0, sizes, GRID_PLACEMENTS, 224, 224)[0, :, :2].tolist()
    assert sorted(corners) == sorted([28 * i, 28 * j] for j in range(1, 5) for i in range(5))
    doubled = draw_boxes("grid", 0, 0, sizes, GRID_PLACEMENTS, 448, 448)[0, :, :2].tolist()
    assert doubled == [[2 * x, 2 * y] for x, y in corners]


def test_visible_pixels_are_those_of_the_mask() -> None:
    rng = np.random.default_rng(0)
    alpha = rng.integers(0, 256, (5, 7), dtype=np.uint8)
    boxes = np.column_stack([rng.integers(-9, 20, (200, 2)), np.full((200, 2), 5)]).astype(np.int32)
    expected = []
    for x, y in boxes[:, :2]:
        frame = np.zeros((60, 60), np.uint8)
        frame[20 + y : 25 + y, 20 + x : 27 + x] = alpha
        expected.append(int((frame[20:33, 20:37] >= 128).sum()))
    assert count_visible_px(alpha, boxes, 13, 17) == expected
