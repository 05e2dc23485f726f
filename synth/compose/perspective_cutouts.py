"""Cut-outs under the rule `perspective`: resized to their boxes, hidden by what is in front of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.exact_resize import resize_rgba
from bgfg.data_manifests.placement.occlusion import BackgroundOccluder
from bgfg.synth.compose.cutout import Cutout


class PerspectiveCutouts:
    """Fits cut-outs to their places on one background."""

    def __init__(self, depth_mm: NDArray[np.uint16]) -> None:
        """Take the depth of the background.

        Args:
            depth_mm: (H, W) uint16 millimetres, 0 unknown.
        """
        self._occluder = BackgroundOccluder(depth_mm)

    def fit_to_boxes(
        self, prepared: NDArray[np.uint8], boxes: NDArray[np.integer]
    ) -> tuple[list[Cutout], list[NDArray[np.uint8]]]:
        """Resize a cut-out to each of its boxes, and hide what the background has in front of it there.

        Args:
            prepared: (h, w, 4) uint8 RGBA.
            boxes: (K, 4) integers: x, y, width and height in px.

        Returns:
            For each box what is to be seen of the cut-out, and its alpha before anything hides it, (height, width)
            uint8.
        """
        cutouts, alphas_u8 = [], []
        for x, y, w, h in boxes.tolist():
            rgba = resize_rgba(prepared, h, w)
            alphas_u8.append(rgba[..., 3].copy())
            rgba[..., 3] = self._occluder.visible_alpha(alphas_u8[-1], x, y)
            cutouts.append(Cutout.prepare(rgba))
        return cutouts, alphas_u8
