"""The depth on which a cut-out stands: under its feet, or where a sensor has a hole there the nearest one known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_REACH_SHARE = 8  # as far as an eighth of the shorter side
_DOWN = 2  # a floor's depth changes from row to row, not along a row: a row away is as far as two columns


def reach_px(height_px: int, width_px: int) -> int:
    """Return how far known depth is looked for in a frame of this size."""
    return max(1, min(height_px, width_px) // _REACH_SHARE)


def nearest_known(codes: NDArray[np.uint8], row: int, column: int) -> np.uint8:
    """Return the code at a pixel, or where it is unknown the nearest known one; 0 where none is within reach.

    Args:
        codes: Depth codes of a background, (H, W) uint8, 0 unknown.
        row: Row of the pixel.
        column: Its column.
    """
    if codes[row, column]:
        return np.uint8(codes[row, column])
    reach = reach_px(*codes.shape)
    top, left = max(0, row - reach // _DOWN), max(0, column - reach)
    around = codes[top : row + reach // _DOWN + 1, left : column + reach + 1]
    rows, columns = np.nonzero(around)
    distances = (_DOWN * (rows + top - row)) ** 2 + (columns + left - column) ** 2
    if not len(rows) or int(distances.min()) > reach**2:
        return np.uint8(0)
    nearest = int(distances.argmin())
    return np.uint8(around[rows[nearest], columns[nearest]])
