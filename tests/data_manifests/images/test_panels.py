"""Pictures laid out as panels."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.data_manifests.images.panels import as_rgb, captioned, on_checkerboard, panel_grid, panel_row


def test_panels_are_brought_to_the_shape_of_the_first_at_one_height() -> None:
    row = panel_row([np.full((13, 17, 3), 10, np.uint8), np.full((26, 5, 3), 200, np.uint8)], 160)
    width_px = round(17 * 160 / 13)
    assert row.shape == (160, 2 * width_px, 3)
    assert (row[:, :width_px] == 10).all()
    assert (row[:, width_px:] == 200).all()


def test_a_grey_panel_is_shown_as_the_grey_that_it_is() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (26, 34), dtype=np.uint8)
    first = np.zeros((13, 17, 3), np.uint8)
    np.testing.assert_array_equal(panel_row([first, grey], 9), panel_row([first, np.dstack([grey] * 3)], 9))
    assert panel_row([first, grey], 9)[:, 12:].any()


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 9])
def test_rows_are_read_as_lines_are_and_none_is_lost(columns: int) -> None:
    rows = [np.full((8, 5 + i, 3), 10 * i, np.uint8) for i in range(7)]
    sheet = panel_grid(rows, columns, 4)
    abreast = min(columns, 7)
    lines = (7 + abreast - 1) // abreast
    assert sheet.shape == (lines * 12, abreast * 15 - 4, 3)
    places = [[(i // abreast) * 12, (i % abreast) * 15] for i in range(7)]
    for i, (top, left) in enumerate(places):
        assert (sheet[top : top + 8, left : left + 5 + i] == 10 * i).all()
    painted = sum(row.size for row in rows)
    assert (sheet == 255).sum() == sheet.size - painted


def test_a_cut_out_lies_on_squares_that_are_seen_where_it_is_transparent() -> None:
    cutout = np.zeros((10, 20, 4), np.uint8)
    cutout[:, 5:15] = (200, 10, 20, 255)
    shown = on_checkerboard(cutout, 30, 40)
    assert np.array_equal(shown[10:20, 15:25], np.broadcast_to(np.array([200, 10, 20], np.uint8), (10, 10, 3)))
    shown[10:20, 15:25] = 200
    assert set(np.unique(shown)) == {200, 235}


def test_pictures_of_any_kind_become_colours() -> None:
    cutout = np.dstack([np.full((6, 9, 3), 40, np.uint8), np.full((6, 9), 255, np.uint8)])
    for picture in (np.full((6, 9), 40, np.uint8), cutout[..., :3], cutout):
        assert np.array_equal(as_rgb(picture), cutout[..., :3])


def test_a_caption_of_any_length_stays_above_its_panel() -> None:
    panel = np.full((30, 50, 3), 77, np.uint8)
    for caption in ("", "a", "a caption that is far longer than its panel is wide"):
        shown = captioned(panel, caption)
        assert np.array_equal(shown[18:48, :50], panel)
        assert (shown[:18] < 200).any() == bool(caption)
