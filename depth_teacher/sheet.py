"""Sheets of pictures: panels side by side, rows one under the other."""

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


def stacked(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return rows (h, w, 3) uint8 of any widths as one picture, on white paper."""
    width_px = max(row.shape[1] for row in rows)
    margins = ((0, _GAP_PX), (0, 0))
    return np.vstack(
        [np.pad(row, (margins[0], (0, width_px - row.shape[1]), margins[1]), constant_values=_PAPER) for row in rows]
    )
