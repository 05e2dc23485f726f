"""One background as a stage: the points of its floor where somebody can stand, and what stands in front."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_manifests.floor import Floor, NoFloor, find_floor
from data_manifests.hiding import Foreground

# Standing takes a square of half a metre, most of which has to be floor that is seen.
_REACH_M = 0.25
_ROOM_SHARE = 0.75
_NEAREST_M = 0.2


class Stage:
    """Where cut-outs may stand on one background.

    depth_mm: (H, W) uint16, 0 unknown; fov_deg: None to estimate it. rows, columns: (P,) int64, the pixels of the floor
    with room around them, in reading order. Raises NoFloor where there are none.
    """

    def __init__(self, depth_mm: NDArray[np.uint16], fov_deg: float | None) -> None:
        self.floor = find_floor(depth_mm, fov_deg)
        self.foreground = Foreground(depth_mm)
        self.rows, self.columns = points_with_room(self.floor)
        if len(self.rows) == 0:
            raise NoFloor("nowhere on its floor is room to stand")

    def rise_px(self, height_m: float) -> NDArray[np.float64]:
        """Return how high a person of `height_m` is seen at each point, (P,) px."""
        return self.floor.rise_px(self.rows, self.columns, height_m)


def points_with_room(floor: Floor) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the pixels of a floor around which most of half a metre square is floor too.

    The square is seen as the box of pixels between its nearest and its farthest edge, as far as it is in the picture.
    """
    height_px, width_px = floor.seen.shape
    counts = np.zeros((height_px + 1, width_px + 1), np.int64)
    counts[1:, 1:] = floor.seen.cumsum(axis=0).cumsum(axis=1)
    rows, columns = np.nonzero(floor.seen)
    z = floor.depth_m(rows, columns)
    slope = floor.plane[1]  # of 1/z, per row
    aside = np.rint(floor.focal_px * _REACH_M / z).astype(np.intp)
    up = np.rint((1 / z - 1 / (z + _REACH_M)) / slope).astype(np.intp)
    down = np.rint((1 / np.maximum(z - _REACH_M, _NEAREST_M) - 1 / z) / slope).astype(np.intp)
    top, bottom = np.maximum(rows - up, 0), np.minimum(rows + np.maximum(down, 0) + 1, height_px)
    left, right = np.maximum(columns - aside, 0), np.minimum(columns + aside + 1, width_px)
    floor_px = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]
    has_room = floor_px >= _ROOM_SHARE * (bottom - top) * (right - left)
    return rows[has_room], columns[has_room]
