"""Depth maps in colours, on one scale for all pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.strips import row_strips

_UNKNOWN = (60, 60, 60)


def colour_depth(depth_m: NDArray[np.float32], near_m: float, far_m: float) -> NDArray[np.uint8]:
    """Colour (H, W) metres from near (red) to far (blue), (H, W, 3) uint8 RGB; unknown (0) is grey.

    The scale is logarithmic and begins at 1 m or at a tenth of `far_m`. Nothing is rescaled picture by picture, so
    colours can be compared; nearer than the scale's end is clipped.
    """
    nearest = max(near_m, min(1.0, far_m / 10))
    colours = np.empty((*depth_m.shape, 3), np.uint8)
    for rows in row_strips(*depth_m.shape):
        strip_m = depth_m[rows]
        share = np.log(np.maximum(strip_m, nearest) / nearest) / np.log(far_m / nearest)
        levels = np.round(255 * (1 - np.clip(share, 0, 1))).astype(np.uint8)
        colours[rows] = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)
        colours[rows][strip_m <= 0] = _UNKNOWN
    return colours
