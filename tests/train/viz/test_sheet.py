"""Sheets of predictions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.train.viz.sheet import Row, draw_sheet, picture_of_depth, picture_of_input, picture_of_mask

RED, BLUE = (250, 20, 30), (10, 40, 240)


def plain(colour: tuple[int, int, int], height_px: int = 13, width_px: int = 17) -> NDArray[np.uint8]:
    return np.full((height_px, width_px, 3), colour, np.uint8)


def share(sheet: NDArray[np.uint8], colour: tuple[int, int, int]) -> float:
    return float((sheet == colour).all(axis=2).mean())


def test_a_sheet_has_a_strip_a_row_and_a_panel_a_picture() -> None:
    one = draw_sheet([Row({"a": plain(RED), "b": plain(BLUE)}, "sample 1")])
    two = draw_sheet([Row({"a": plain(RED), "b": plain(BLUE)}, f"sample {i}") for i in range(2)])
    three_wide = draw_sheet([Row({"a": plain(RED), "b": plain(BLUE), "c": plain(RED)}, "sample 1")])
    assert one.dtype == np.uint8
    assert two.shape[1] == one.shape[1] < three_wide.shape[1]
    assert one.shape[0] < two.shape[0] < 2 * one.shape[0]
    middle = one.shape[1] // 2
    assert share(one[:, :middle], RED) > 0.4
    assert share(one[:, middle:], BLUE) > 0.4
    assert share(one[:, middle:], RED) == 0


@pytest.mark.parametrize(("height_px", "width_px"), [(96, 96), (300, 200), (13, 17), (1, 500)])
def test_pictures_of_any_size_keep_their_proportions(height_px: int, width_px: int) -> None:
    sheet = draw_sheet([Row({"a": plain(RED, height_px, width_px)}, "")])
    rows, columns = (np.flatnonzero((sheet == RED).all(axis=2).any(axis=axis)) for axis in (1, 0))
    scale = 144 / max(height_px, width_px)
    assert len(rows) == max(1, round(height_px * scale))
    assert len(columns) == max(1, round(width_px * scale))


def test_pictures_are_what_they_stand_for() -> None:
    image = np.zeros((3, 4, 5), np.float32)
    image[0, 1, 2], image[2] = 1.0, 0.5
    assert picture_of_input(image)[1, 2].tolist() == [255, 0, 128]
    mask = np.array([[0.0, 1.0], [0.5, 2.0]])
    assert picture_of_mask(mask)[..., 1].tolist() == [[0, 255], [128, 255]]
    depth = picture_of_depth(np.array([[0.0, 1.0, 10.0]]), 0.1, 10.0)
    assert depth[0, 0].tolist() == [60, 60, 60]
    assert depth[0, 1, 0] > depth[0, 1, 2]  # near is red
    assert depth[0, 2, 2] > depth[0, 2, 0] or depth[0, 2].max() < 80  # far is blue
