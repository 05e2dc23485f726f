"""Cut-outs as painted_scenes.c takes them: premultiplied, with nothing all around, and with their colours in CIELAB."""

from __future__ import annotations

import math
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import premultiplied
from bgfg.synth.painting.colour_match import lab_of, opaque_moments

_FIGURE = np.dtype([
    ("pixels", "=u8"), ("lab", "=u8"), ("seen", "=u8"), ("size_px", "=i8", 2), ("seen_count", "=i8"),
    ("mean", "=f8", 3), ("deviation", "=f8", 3),
])  # fmt: skip
FIGURE_BYTES_PER_PIXEL = 8
_LEAST_GAP = 8  # transparent pixels between two runs that are worth leaving out


class Figure:
    """A cut-out; its own picture isn't kept.

    Attributes:
        diagonal_px: The longest line in it.
    """

    def __init__(self, rgba: NDArray[np.uint8], is_recoloured: bool) -> None:
        """Take a cut-out.

        Args:
            rgba: (h, w, 4) uint8, not premultiplied.
            is_recoloured: Whether its colours may be matched to others.
        """
        h, w = rgba.shape[:2]
        self.diagonal_px = math.hypot(h, w)
        bordered = cv2.copyMakeBorder(rgba, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        self._pixels = premultiplied(np.asarray(bordered, np.uint8))
        self._struct = np.zeros(1, _FIGURE)
        self._struct["pixels"], self._struct["size_px"] = self._pixels.ctypes.data, (h, w)
        if is_recoloured:
            self._look_at(lab_of(np.asarray(bordered, np.uint8)))

    @cached_property
    def address(self) -> int:
        """Where the struct of the figure is in memory while this object lives."""
        return int(self._struct.ctypes.data)

    def _look_at(self, lab_u8: NDArray[np.uint8]) -> None:
        """Keep CIELAB and alpha of pixels, (h + 2, w + 2, 4) uint8, and runs of those that are seen, (n, 2) int32."""
        alpha_u8 = np.ascontiguousarray(self._pixels[..., 3])
        moments = opaque_moments(lab_u8, alpha_u8)
        self._lab = np.asarray(cv2.cvtColor(lab_u8, cv2.COLOR_RGB2RGBA), np.uint8)  # with room for alpha
        cv2.insertChannel(alpha_u8, self._lab, 3)
        self._runs = _runs(alpha_u8.reshape(-1))
        struct = self._struct
        struct["lab"], struct["seen"], struct["seen_count"] = (
            self._lab.ctypes.data,
            self._runs.ctypes.data,
            len(self._runs),
        )
        struct["mean"], struct["deviation"] = moments


def _runs(alpha_u8: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return where runs of what isn't transparent begin and end, (n, 2); transparent at either end."""
    is_seen = alpha_u8 > 0
    edges = np.flatnonzero(is_seen[1:] != is_seen[:-1]) + 1
    is_kept = np.ones(len(edges), bool)
    is_kept[1:-1] = np.repeat(edges[2::2] - edges[1:-1:2] >= _LEAST_GAP, 2)
    return edges[is_kept].reshape(-1, 2).astype(np.int32)
