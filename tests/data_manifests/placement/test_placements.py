"""The keyed draw of positions."""

from __future__ import annotations

import numpy as np
import pytest
from bgfg.data_manifests.placement.placements import GRID_PLACEMENTS, Index, draw_background, philox4x32
from hypothesis import given
from hypothesis import strategies as st


# Random123's known answers: kat_vectors, philox4x32 10.
@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0] * 4, 0, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, 0xFFFFFFFFFFFFFFFF, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            0x299F31D0A4093822,
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_the_known_answers(counter: list[int], key: int, expected: list[int]) -> None:
    assert philox4x32(np.array(counter), key).tolist() == expected


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.data())
def test_index_and_ids_are_inverse(B: int, F: int, K: int, data: st.DataObject) -> None:
    index = Index(B, F, K)
    i = data.draw(st.integers(0, len(index) - 1))
    b, f, k = index.ids(i)
    assert (b < B, f < F, k < K) == (True, True, True)
    assert index.sample(b, f, k) == i == (b * F + f) * K + k


def test_random_boxes_lie_wholly_inside_and_reach_every_border() -> None:
    sizes = np.array([[5, 3], [13, 17], [1, 1]], np.int32)
    boxes = draw_background("random", 7, 2, sizes, 4_000, 13, 17)
    x, y, w, h = np.moveaxis(boxes, -1, 0)
    assert (x.min(), y.min()) == (0, 0)
    assert ((x + w).max(axis=1) == 17).all()
    assert ((y + h).max(axis=1) == 13).all()
    assert (boxes[1] == [0, 0, 17, 13]).all()


def test_random_positions_are_uniform_and_independent() -> None:
    boxes = draw_background("random", 1, 0, np.array([[4, 4]], np.int32), 70_000, 13, 10)
    table, _, _ = np.histogram2d(boxes[0, :, 1], boxes[0, :, 0], bins=[np.arange(11), np.arange(8)])
    chi2 = ((table - 1_000) ** 2 / 1_000).sum()
    assert 69 - 4 * np.sqrt(2 * 69) < chi2 < 69 + 4 * np.sqrt(2 * 69)


def test_a_placement_depends_on_seed_b_f_k_alone() -> None:
    few = draw_background("random", 5, 3, np.full((4, 2), 6, np.int32), 3, 50, 60)
    many = draw_background("random", 5, 3, np.full((9, 2), 6, np.int32), 8, 50, 60)
    assert (many[:4, :3] == few).all()
    assert (draw_background("random", 6, 3, np.full((4, 2), 6, np.int32), 3, 50, 60) != few).any()
    assert (draw_background("random", 5, 4, np.full((4, 2), 6, np.int32), 3, 50, 60) != few).any()


def test_grid_has_the_original_corners_and_scales() -> None:
    sizes = np.array([[112, 112]], np.int32)
    corners = draw_background("grid", 0, 0, sizes, GRID_PLACEMENTS, 224, 224)[0, :, :2].tolist()
    assert sorted(corners) == sorted([28 * i, 28 * j] for j in range(1, 5) for i in range(5))
    doubled = draw_background("grid", 0, 0, sizes, GRID_PLACEMENTS, 448, 448)[0, :, :2].tolist()
    assert doubled == [[2 * x, 2 * y] for x, y in corners]
