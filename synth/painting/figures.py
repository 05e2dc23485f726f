"""Cut-outs as painted_scenes.c takes them: premultiplied, with nothing all around, and with their colours in CIELAB."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import premultiplied
from bgfg.synth.painting.colour_match import LabColours

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
        self._pixels = np.zeros((h + 2, w + 2, 4), np.uint8)
        self._pixels[1:-1, 1:-1] = premultiplied(rgba)
        self._struct = np.zeros(1, _FIGURE)
        self._struct["pixels"], self._struct["size_px"] = self._pixels.ctypes.data, (h, w)
        if is_recoloured:
            self._look_at(LabColours.of(rgba))

    @cached_property
    def address(self) -> int:
        """Where the struct of the figure is in memory while this object lives."""
        return int(self._struct.ctypes.data)

    def _look_at(self, colours: LabColours) -> None:
        """Keep CIELAB and alpha of pixels, (h + 2, w + 2, 4) uint8, and runs of those that are seen, (n, 2) int32."""
        alpha_u8 = self._pixels[..., 3]
        self._lab, is_seen = np.zeros_like(self._pixels), alpha_u8 > 0
        self._lab[is_seen, :3], self._lab[..., 3] = colours.lab_u8[0], alpha_u8
        seen = np.flatnonzero(is_seen)
        is_last = np.diff(seen, append=seen[-1:] + _LEAST_GAP + 1) > _LEAST_GAP
        is_first = np.roll(is_last, 1)  # what follows upon the last of a run
        self._runs = np.stack([seen[is_first], seen[is_last] + 1], axis=1).astype(np.int32)
        struct = self._struct
        struct["lab"], struct["seen"], struct["seen_count"] = (
            self._lab.ctypes.data,
            self._runs.ctypes.data,
            len(self._runs),
        )
        struct["mean"], struct["deviation"] = colours.mean, colours.deviation
