"""The cut-outs of the rule `perspective` made ready to paste: as large as their boxes, hidden by what is in front."""

from __future__ import annotations

import numpy as np
from bgfg.data_manifests.images.exact_resize import resize_rgba
from bgfg.data_manifests.placement.occlusion import Foreground
from bgfg.synth.compose.blend import Cutout
from numpy.typing import NDArray


class Standing:
    """The cut-outs as they stand on one background. depth_mm: the background's, (H, W) uint16, 0 unknown."""

    def __init__(self, depth_mm: NDArray[np.uint16]) -> None:
        self._foreground = Foreground(depth_mm)

    def in_boxes(
        self, prepared: NDArray[np.uint8], boxes: NDArray[np.integer]
    ) -> tuple[list[Cutout], list[NDArray[np.uint8]]]:
        """Return what is to be seen of a cut-out in each of its boxes, and its alpha before anything hides it.

        prepared: (h, w, 4) uint8 RGBA; boxes: (K, 4), x, y, width, height.
        """
        cutouts, shapes = [], []
        for x, y, w, h in boxes.tolist():
            rgba = resize_rgba(prepared, h, w)
            shapes.append(rgba[..., 3].copy())
            rgba[..., 3] = self._foreground.visible(shapes[-1], x, y)
            cutouts.append(Cutout.prepare(rgba))
        return cutouts, shapes
