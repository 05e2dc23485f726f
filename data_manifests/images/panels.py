"""Pictures laid out as panels on white paper: rows, grids, captions, and the checkerboard behind transparent pictures.

Every sheet of bgfg is put together here: contact sheets, depth sheets, predictions side by side, curves of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Grey level of the paper, and RGB of what is written on it.
PAPER_U8 = 255
INK = (30, 30, 30)

# Height of a caption, paper beside and below a panel with one, and the squares behind a cut-out.
_CAPTION_PX, _GAP_PX, _SQUARE_PX = 18, 6, 8

# Grey levels of the two kinds of squares of a checkerboard.
_SQUARES_U8 = (200, 235)


def blank_paper(height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return white paper, (H, W, 3) uint8."""
    return np.full((height_px, width_px, 3), PAPER_U8, np.uint8)


def draw_text(
    picture: NDArray[np.uint8], text: str, left_px: int, baseline_px: int, scale: float = 0.4,
    colour: tuple[int, int, int] = INK,
) -> None:  # fmt: skip
    """Write a line of text into a picture (H, W, 3) uint8, in place.

    Args:
        picture: What is written on.
        text: One line; what lies beyond the picture's border is cut off.
        left_px: Left end of the text.
        baseline_px: Row that the letters stand on.
        scale: Size of the letters in units of OpenCV, of which 1 is about 21 px.
        colour: RGB.
    """
    cv2.putText(picture, text, (left_px, baseline_px), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)


def panel_row(panels: Iterable[NDArray[np.uint8]], height_px: int, gap_px: int = 0) -> NDArray[np.uint8]:
    """Return panels (H, W, 3) RGB or (H, W) grey, uint8, as one row of one height, in the first one's proportions."""
    resized: list[NDArray[np.uint8]] = []
    size = (0, height_px)
    for panel in panels:  # each may be made as it is asked for, and is let go once it is small
        if not resized:
            size = max(1, round(panel.shape[1] * height_px / panel.shape[0])), height_px
        resized.append(as_rgb(np.asarray(cv2.resize(panel, size, interpolation=cv2.INTER_AREA), np.uint8)))
    gap = blank_paper(height_px, gap_px)
    return np.hstack([part for panel in resized for part in (panel, gap)][:-1])


def panel_grid(panels: Sequence[NDArray[np.uint8]], columns: int = 1, gap_px: int = 0) -> NDArray[np.uint8]:
    """Return panels (h, w, 3) uint8 of any sizes as one picture on white paper, in the order in which lines are read.

    Args:
        panels: At least one; cells are as large as the largest.
        columns: Panels side by side; fewer where there are fewer panels.
        gap_px: Paper between two columns, and below each line.
    """
    columns = min(columns, len(panels))
    line_px = max(panel.shape[0] for panel in panels) + gap_px
    column_px = max(panel.shape[1] for panel in panels) + gap_px
    sheet = blank_paper(-(-len(panels) // columns) * line_px, columns * column_px - gap_px)
    for i, panel in enumerate(panels):
        top, left = i // columns * line_px, i % columns * column_px
        sheet[top : top + panel.shape[0], left : left + panel.shape[1]] = panel
    return sheet


def fit_in_square(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Return a picture (h, w, 3) uint8 in the middle of a square of paper, as large as its proportions allow."""
    height_px, width_px = picture.shape[:2]
    scale = side_px / max(height_px, width_px)
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    # Enlarged by the nearest pixel, so that the pixels of a small network output can be told apart.
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    panel = blank_paper(side_px, side_px)
    top, left = (side_px - size[1]) // 2, (side_px - size[0]) // 2
    panel[top : top + size[1], left : left + size[0]] = scaled
    return panel


def checkerboard(height_px: int, width_px: int, square_px: int) -> NDArray[np.uint8]:
    """Return the grey squares that show what is transparent, (H, W, 3) uint8."""
    y, x = np.ogrid[:height_px, :width_px]
    dark, bright = map(np.uint8, _SQUARES_U8)
    grey = np.where(y // square_px % 2 == x // square_px % 2, bright, dark)
    return np.asarray(cv2.merge([grey] * 3), np.uint8)


def on_checkerboard(rgba: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return a cut-out (h, w, 4) uint8 RGBA in the middle of a checkerboard, (H, W, 3) uint8, which is no smaller."""
    paper = checkerboard(height_px, width_px, _SQUARE_PX).astype(np.float64)
    top, left = (height_px - rgba.shape[0]) // 2, (width_px - rgba.shape[1]) // 2
    alpha = rgba[..., 3:] / 255
    box = paper[top : top + rgba.shape[0], left : left + rgba.shape[1]]
    box[:] = rgba[..., :3] * alpha + box * (1 - alpha)
    return np.round(paper).astype(np.uint8)


def as_rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture of any kind as (H, W, 3) uint8 RGB: one in grey, (H, W), or a cut-out on a checkerboard."""
    if picture.ndim == 2:
        return np.repeat(picture[..., None], 3, axis=2)
    return picture if picture.shape[2] == 3 else on_checkerboard(picture, *picture.shape[:2])


def captioned(pixels: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    """Return a panel (h, w, 3) uint8 under a line of text, which is made small enough for it, with paper around."""
    height_px, width_px = pixels.shape[:2]
    panel = blank_paper(height_px + _CAPTION_PX + _GAP_PX, max(width_px, 96) + _GAP_PX)
    panel[_CAPTION_PX : _CAPTION_PX + height_px, :width_px] = pixels
    scale = min(0.4, 0.4 * panel.shape[1] / (7.0 * max(1, len(caption))))
    draw_text(panel, caption, 1, _CAPTION_PX - 6, scale)
    return panel
