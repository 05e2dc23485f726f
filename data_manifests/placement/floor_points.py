"""One background as a stage: the points of its floor where somebody can stand, and what stands in front."""

from __future__ import annotations

import numpy as np
from bgfg.data_manifests.placement.floor import Floor
from bgfg.data_manifests.placement.occlusion import Foreground
from numpy.typing import NDArray

# Standing takes a strip of floor of 0.6 m in depth, as wide as the figure, most of which is to be seen: so nobody
# stands in a wall or in a table.
_REACH_M = 0.3
_ROOM_SHARE = 0.9
_NEAREST_M = 0.2


class Stage:
    """Where cut-outs may stand on one background.

    depth_mm: (H, W) uint16, 0 unknown; floor: found in it. rows, columns: (P,) int64, the pixels that show the floor,
    in reading order.
    """

    def __init__(self, depth_mm: NDArray[np.uint16], floor: Floor) -> None:
        self.floor = floor
        self.foreground = Foreground(depth_mm)
        self.rows, self.columns = np.nonzero(floor.seen)
        height_px, width_px = floor.seen.shape
        self._counts = np.zeros((height_px + 1, width_px + 1), np.int64)
        self._counts[1:, 1:] = floor.seen.cumsum(axis=0).cumsum(axis=1)
        self._z_m = z = floor.depth_m(self.rows, self.columns)
        slope = floor.plane[1]  # of 1/z, per row
        up = np.rint((1 / z - 1 / (z + _REACH_M)) / slope).astype(np.intp)
        down = np.rint((1 / np.maximum(z - _REACH_M, _NEAREST_M) - 1 / z) / slope).astype(np.intp)
        self._top = np.maximum(self.rows - up, 0)
        self._bottom = np.minimum(self.rows + np.maximum(down, 0) + 1, height_px)

    def rise_px(self, height_m: float) -> NDArray[np.float64]:
        """Return how high a person of `height_m` is seen at each point, (P,) px."""
        return self.floor.rise_px(self.rows, self.columns, height_m)

    def has_room(self, left_m: float, right_m: float) -> NDArray[np.bool_]:
        """Say of each point whether there is floor around it, (P,), as far as a figure reaches to the left and right.

        At least 0.3 m is taken. The strip is seen as the box of pixels between its nearest and its
        farthest edge, as far as it is in the picture.
        """
        px_per_m = self.floor.focal_px / self._z_m
        aside_left, aside_right = (
            np.rint(max(reach_m, _REACH_M) * px_per_m).astype(np.intp) for reach_m in (left_m, right_m)
        )
        left = np.maximum(self.columns - aside_left, 0)
        right = np.minimum(self.columns + aside_right + 1, self.floor.seen.shape[1])
        top, bottom, counts = self._top, self._bottom, self._counts
        floor_px = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]
        return np.asarray(floor_px >= _ROOM_SHARE * (bottom - top) * (right - left), np.bool_)
