"""Sheets of pictures: panels side by side in rows, the rows one under the other or several abreast."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

_HEIGHT_PX = 160
_GAP_PX = 4
_PAPER = 255


def side_by_side(panels: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return panels (H, W, 3) uint8 as one row, each brought to the same height and the first one's shape."""
    height_px, width_px = panels[0].shape[:2]
    size = max(1, round(width_px * _HEIGHT_PX / height_px)), _HEIGHT_PX
    return np.hstack([cv2.resize(panel, size, interpolation=cv2.INTER_AREA) for panel in panels]).astype(np.uint8)


def stacked(rows: Sequence[NDArray[np.uint8]], columns: int = 1) -> NDArray[np.uint8]:
    """Return rows (h, w, 3) uint8 of any widths as one picture on white paper, so many abreast, read as lines are."""
    columns = min(columns, len(rows))
    line_px = max(row.shape[0] for row in rows) + _GAP_PX
    column_px = max(row.shape[1] for row in rows) + _GAP_PX
    sheet = np.full((-(-len(rows) // columns) * line_px, columns * column_px - _GAP_PX, 3), _PAPER, np.uint8)
    for i, row in enumerate(rows):
        top, left = i // columns * line_px, i % columns * column_px
        sheet[top : top + row.shape[0], left : left + row.shape[1]] = row
    return sheet
