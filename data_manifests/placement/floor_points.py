"""The points of a background's floor on which somebody can stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.floor import Floor
from bgfg.data_manifests.placement.occlusion import BackgroundOccluder

# Standing takes a strip of floor of 0.6 m in depth, as wide as the person, most of which must be visible: so nobody
# stands in a wall or in a table.
_REACH_M = 0.3
_ROOM_SHARE = 0.9
_NEAREST_M = 0.2


class FloorPoints:
    """The points of one background's floor, and the room around each of them.

    Args:
        depth_mm: (H, W) uint16, 0 unknown.
        floor: Floor that was found in it.

    Attributes:
        floor: The floor.
        occluder: Hides what stands behind something in the background.
        rows: (P,) int64, rows of the pixels that show the floor, in reading order.
        columns: (P,) int64, their columns.
    """

    def __init__(self, depth_mm: NDArray[np.uint16], floor: Floor) -> None:
        self.floor = floor
        self.occluder = BackgroundOccluder(depth_mm)
        self.rows, self.columns = np.nonzero(floor.mask)
        height_px, width_px = floor.mask.shape
        # Integral image of the floor's mask: the pixels of floor in any box are four look-ups.
        self._counts = np.zeros((height_px + 1, width_px + 1), np.int64)
        self._counts[1:, 1:] = floor.mask.cumsum(axis=0).cumsum(axis=1)
        self._z_m = z = floor.depth_m(self.rows, self.columns)
        # 1/z is linear in the row, so a step of depth is a number of rows.
        slope = floor.plane[1]
        up = np.rint((1 / z - 1 / (z + _REACH_M)) / slope).astype(np.intp)
        down = np.rint((1 / np.maximum(z - _REACH_M, _NEAREST_M) - 1 / z) / slope).astype(np.intp)
        self._top = np.maximum(self.rows - up, 0)
        self._bottom = np.minimum(self.rows + np.maximum(down, 0) + 1, height_px)

    def projected_height_px(self, height_m: float) -> NDArray[np.float64]:
        """Return how many rows a person of `height_m` takes at each point, (P,) px."""
        return self.floor.projected_height_px(self.rows, self.columns, height_m)

    def has_room(self, left_m: float, right_m: float) -> NDArray[np.bool_]:
        """Say of each point whether there is floor around it.

        The strip of floor is taken as the box of pixels between its nearest and its farthest edge, as far as it is in
        the picture.

        Args:
            left_m: How far a person reaches to the left; 0.3 m at least is taken.
            right_m: How far to the right, likewise.

        Returns:
            (P,) bool.
        """
        px_per_m = self.floor.focal_px / self._z_m
        left_px, right_px = (
            np.rint(max(reach_m, _REACH_M) * px_per_m).astype(np.intp) for reach_m in (left_m, right_m)
        )
        left = np.maximum(self.columns - left_px, 0)
        right = np.minimum(self.columns + right_px + 1, self.floor.mask.shape[1])
        top, bottom, counts = self._top, self._bottom, self._counts
        floor_px = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]
        return np.asarray(floor_px >= _ROOM_SHARE * (bottom - top) * (right - left), np.bool_)
