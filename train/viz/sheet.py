"""Sheets of predictions: a row per sample, a column per picture, drawn with OpenCV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.panels import blank_paper, draw_text, fit_in_square

_PANEL_PX = 144
_GAP_PX = 6
_TEXT_PX = 18
_BASELINE_PX = 12


@dataclass(frozen=True)
class Row:
    """A sample of a sheet: pictures (h, w, 3) uint8 RGB by the title of their column, and a line of text."""

    pictures: Mapping[str, NDArray[np.uint8]]
    caption: str


def draw_sheet(rows: Sequence[Row]) -> NDArray[np.uint8]:
    """Return the sheet, (height, width, 3) uint8 RGB; the columns are those of the first row, in its order."""
    titles = list(rows[0].pictures)
    width_px = len(titles) * (_PANEL_PX + _GAP_PX) + _GAP_PX
    head = blank_paper(_TEXT_PX, width_px)
    for column, title in enumerate(titles):
        draw_text(head, title, _GAP_PX + column * (_PANEL_PX + _GAP_PX), _BASELINE_PX)
    return np.vstack([head, *(_strip(row, titles, width_px) for row in rows)])


def picture_of_input(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return a network's input, (3, h, w) in [0, 1], as (h, w, 3) uint8."""
    levels: NDArray[np.uint8] = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return levels.transpose(1, 2, 0)


def picture_of_mask(probability: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return a mask, (h, w) in [0, 1], as grey (h, w, 3) uint8."""
    levels = np.round(np.clip(probability, 0, 1) * 255).astype(np.uint8)
    grey: NDArray[np.uint8] = np.repeat(levels[..., None], 3, axis=2)
    return grey


def picture_of_depth(depth_m: NDArray[np.floating], near_m: float, far_m: float) -> NDArray[np.uint8]:
    """Return metres, (h, w), 0 unknown, in the colours of the preview, (h, w, 3) uint8: one scale for all samples."""
    return colour_depth(depth_m.astype(np.float32), near_m, far_m)


def picture_of_classes(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return classes, (h, w) uint8, in the colours of PASCAL VOC, (h, w, 3) uint8; 255, none of them, is pale."""
    return _CLASS_COLOURS[codes]


def _class_colours() -> NDArray[np.uint8]:
    """Return the colour of each code, (256, 3): its bits dealt to red, green and blue in turn, highest bits first."""
    codes = np.arange(256)
    colours = np.zeros((256, 3), np.int64)
    for bit in range(3):
        for channel in range(3):
            colours[:, channel] |= (codes >> (3 * bit + channel) & 1) << (7 - bit)
    return colours.astype(np.uint8)


_CLASS_COLOURS = _class_colours()


def _strip(row: Row, titles: Sequence[str], width_px: int) -> NDArray[np.uint8]:
    strip = blank_paper(_PANEL_PX + _TEXT_PX, width_px)
    for column, title in enumerate(titles):
        left = _GAP_PX + column * (_PANEL_PX + _GAP_PX)
        strip[:_PANEL_PX, left : left + _PANEL_PX] = fit_in_square(row.pictures[title], _PANEL_PX)
    draw_text(strip, row.caption, _GAP_PX, _PANEL_PX + _BASELINE_PX)
    return strip
