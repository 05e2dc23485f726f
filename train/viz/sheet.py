"""Sheets of predictions: a row per sample, a column per picture, drawn with OpenCV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from bgfg.synth.preview import colour_depth
from numpy.typing import NDArray

_PANEL_PX = 144
_GAP_PX = 6
_TEXT_PX = 18
_PAPER, _INK = 255, (30, 30, 30)


@dataclass(frozen=True)
class Row:
    """A sample of a sheet: pictures (h, w, 3) uint8 RGB by the title of their column, and a line of text."""

    pictures: Mapping[str, NDArray[np.uint8]]
    caption: str


def draw_sheet(rows: Sequence[Row]) -> NDArray[np.uint8]:
    """Return the sheet, (height, width, 3) uint8 RGB; the columns are those of the first row, in its order."""
    titles = list(rows[0].pictures)
    width_px = len(titles) * (_PANEL_PX + _GAP_PX) + _GAP_PX
    head = _paper(_TEXT_PX, width_px)
    for column, title in enumerate(titles):
        _write(head, title, _GAP_PX + column * (_PANEL_PX + _GAP_PX))
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
    strip = _paper(_PANEL_PX + _TEXT_PX, width_px)
    for column, title in enumerate(titles):
        left = _GAP_PX + column * (_PANEL_PX + _GAP_PX)
        strip[:_PANEL_PX, left : left + _PANEL_PX] = _fitted(row.pictures[title])
    _write(strip, row.caption, _GAP_PX)
    return strip


def _fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture within the panel's square, in its own proportions, centred."""
    height_px, width_px = picture.shape[:2]
    scale = _PANEL_PX / max(height_px, width_px)
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    panel = _paper(_PANEL_PX, _PANEL_PX)
    top, left = (_PANEL_PX - size[1]) // 2, (_PANEL_PX - size[0]) // 2
    panel[top : top + size[1], left : left + size[0]] = scaled
    return panel


def _write(picture: NDArray[np.uint8], text: str, left_px: int) -> None:
    """Write a line of text at the foot of a picture."""
    at = (left_px, picture.shape[0] - 6)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)


def _paper(height_px: int, width_px: int) -> NDArray[np.uint8]:
    return np.full((height_px, width_px, 3), _PAPER, np.uint8)
