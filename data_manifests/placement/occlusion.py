"""What stands in front: where a cut-out that stands in a background is hidden by it.

Under the rule `perspective` a cut-out stands at the depth z that its background has under the middle of its lowest
opaque row (of what of it lies within the frame). A pixel of the background is in front of it where its depth d is known
and 20·d < 19·z: nearer by more than a twentieth, since a body has a thickness and a sensor noise. Of the alpha a of a
pixel remains round(a·(16 − t) / 16), half up, where t is the sum of the pixels in front among the 3×3 around it under
the weights 1 2 1, 2 4 2, 1 2 1; beyond the frame its border goes on. So the edge is as soft as those of a picture, and
all is whole numbers: whoever has `cutout`, `background_depth` and the boxes can say what is visible, to the byte.
"""

from __future__ import annotations

import numpy as np
from bgfg.data_manifests.placement.placements import within_frame
from numpy.typing import NDArray

OPAQUE_U8 = 128  # where a mask counts as set

_FRONT, _STANDING = 20, 19
_WEIGHT = 16


def standing_point(alpha_u8: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Return row and column of the middle of the lowest opaque row of (h, w) uint8; None where nothing is opaque."""
    opaque = alpha_u8 >= OPAQUE_U8
    rows = np.flatnonzero(opaque.any(axis=1))
    if len(rows) == 0:
        return None
    columns = np.flatnonzero(opaque[rows[-1]])
    return int(rows[-1]), int(columns[0] + columns[-1]) // 2


class Foreground:
    """What of one background may stand in front of a cut-out. depth_mm: (H, W) uint16, 0 unknown."""

    def __init__(self, depth_mm: NDArray[np.uint16]) -> None:
        self._depth_mm = depth_mm
        known = np.where(depth_mm > 0, depth_mm.astype(np.int32) * _FRONT, np.iinfo(np.int32).max)
        self._scaled = np.pad(known, 1, mode="edge")

    def visible(self, alpha_u8: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
        """Return what remains of a cut-out's alpha, (h, w) uint8, whose box has its top-left corner at (x, y).

        What hangs over the frame remains as it is; the same array comes back where nothing is hidden.
        """
        return self.stand(alpha_u8, x, y)[0]

    def stand(self, alpha_u8: NDArray[np.uint8], x: int, y: int) -> tuple[NDArray[np.uint8], int]:
        """Return what `visible` does, and the depth in mm at which the cut-out stands, 0 where that is unknown."""
        h, w = alpha_u8.shape
        height_px, width_px = self._depth_mm.shape
        (rows, columns), part = within_frame(x, y, w, h, width_px, height_px)
        foot = standing_point(alpha_u8[part])
        if foot is None:
            return alpha_u8, 0
        standing_mm = int(self._depth_mm[rows, columns][foot])
        around = self._scaled[rows.start : rows.stop + 2, columns.start : columns.stop + 2]
        in_front = around < _STANDING * standing_mm
        if not in_front.any():
            return alpha_u8, standing_mm
        t = in_front.astype(np.uint16)
        t = t[:-2] + 2 * t[1:-1] + t[2:]
        t = t[:, :-2] + 2 * t[:, 1:-1] + t[:, 2:]
        remaining = alpha_u8.copy()
        remaining[part] = (alpha_u8[part] * (_WEIGHT - t) + _WEIGHT // 2) // _WEIGHT
        return remaining, standing_mm
