"""Occlusion by the background: where a cut-out that stands in a background is hidden by what is in front of it.

Under the rule `perspective` a cut-out stands at the depth z that its background has under the middle of its lowest
opaque row (of what of it lies within the frame). A pixel of the background is in front of it where its depth d is known
and 20·d < 19·z: nearer by more than a twentieth, since a body has a thickness and a sensor noise. Of the alpha a of a
pixel remains round(a·(16 − t) / 16), half up, where t is the sum of the pixels in front among the 3×3 around it under
the weights 1 2 1, 2 4 2, 1 2 1; at the frame's border its edge pixels are repeated. So the edge is as soft as those of
a photograph, and all is whole numbers: whoever has `cutout`, `background_depth` and the boxes can say what is visible,
to the byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.frame_geometry import clip_to_frame

_FRONT, _STANDING = 20, 19
_WEIGHT = 16


def foot_pixel(alpha_u8: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Find where a cut-out touches the ground.

    Args:
        alpha_u8: (h, w) uint8.

    Returns:
        Row and column of the middle of the lowest opaque row; None where nothing is opaque.
    """
    opaque = alpha_u8 >= OPAQUE_U8
    rows = np.flatnonzero(opaque.any(axis=1))
    if len(rows) == 0:
        return None
    columns = np.flatnonzero(opaque[rows[-1]])
    return int(rows[-1]), int(columns[0] + columns[-1]) // 2


class BackgroundOccluder:
    """Hides the parts of cut-outs that something in one background stands in front of.

    Args:
        depth_mm: Depth of the background, (H, W) uint16, 0 unknown.
    """

    def __init__(self, depth_mm: NDArray[np.uint16]) -> None:
        self._depth_mm = depth_mm
        # Unknown depth is infinitely far: it hides nothing.
        known = np.where(depth_mm > 0, depth_mm.astype(np.int32) * _FRONT, np.iinfo(np.int32).max)
        self._scaled = np.pad(known, 1, mode="edge")

    def visible_alpha(self, alpha_u8: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
        """Return what remains of a cut-out's alpha.

        Args:
            alpha_u8: (h, w) uint8.
            x: Column of its top-left corner in the frame.
            y: Row of its top-left corner in the frame.

        Returns:
            (h, w) uint8. What hangs over the frame remains as it is; the same array comes back where nothing is hidden.
        """
        return self.occlude(alpha_u8, x, y)[0]

    def occlude(self, alpha_u8: NDArray[np.uint8], x: int, y: int) -> tuple[NDArray[np.uint8], int]:
        """Return what `visible_alpha` does, and the depth in mm at which the cut-out stands, 0 where it is unknown."""
        distance_mm = self.standing_mm(alpha_u8, x, y)
        return self.remaining(alpha_u8, x, y, distance_mm), distance_mm

    def standing_mm(self, alpha_u8: NDArray[np.uint8], x: int, y: int) -> int:
        """Return the depth in mm at which a cut-out stands, 0 where it is unknown; arguments as `visible_alpha` has."""
        (rows, columns), part = self._clipped(alpha_u8, x, y)
        foot = foot_pixel(alpha_u8[part])
        return 0 if foot is None else int(self._depth_mm[rows, columns][foot])

    def remaining(self, pixels: NDArray[np.uint8], x: int, y: int, distance_mm: int) -> NDArray[np.uint8]:
        """Return what remains of something at a distance.

        Args:
            pixels: (h, w) uint8 alpha, or (h, w, 4) uint8 premultiplied RGBA.
            x: Column of its top-left corner in the frame.
            y: Row of its top-left corner in the frame.
            distance_mm: Its depth; 0 where it is unknown, and nothing is in front.

        Returns:
            The same size and kind; the same array where nothing is hidden.
        """
        (rows, columns), part = self._clipped(pixels, x, y)
        around = self._scaled[rows.start : rows.stop + 2, columns.start : columns.stop + 2]
        in_front = around < _STANDING * distance_mm
        if rows.start == rows.stop or not in_front.any():
            return pixels
        # The 3×3 weights are the outer product of 1 2 1 with itself: once down, once across.
        t = in_front.astype(np.uint16)
        t = t[:-2] + 2 * t[1:-1] + t[2:]
        t = t[:, :-2] + 2 * t[:, 1:-1] + t[:, 2:]
        if pixels.ndim == 3:
            t = t[..., None]
        remaining = pixels.copy()
        remaining[part] = (pixels[part] * (_WEIGHT - t) + _WEIGHT // 2) // _WEIGHT
        return remaining

    def _clipped(self, pixels: NDArray[np.uint8], x: int, y: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        h, w = pixels.shape[:2]
        height_px, width_px = self._depth_mm.shape
        return clip_to_frame(x, y, w, h, width_px, height_px)
