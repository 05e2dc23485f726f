"""Cut-outs as painted_scenes.c takes them: premultiplied, with nothing all around, and with their colours in CIELAB."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import premultiplied
from bgfg.synth.painting.colour_match import LabColours

_FIGURE = np.dtype([("pixels", "=u8"), ("lab", "=u8"), ("seen", "=u8"), ("size_px", "=i8", 2), ("seen_count", "=i8")])


@dataclass(frozen=True)
class Figure:
    """A cut-out.

    Attributes:
        rgba: (h, w, 4) uint8, not premultiplied.
    """

    rgba: NDArray[np.uint8]

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgba.shape[0], self.rgba.shape[1]

    @cached_property
    def colours(self) -> LabColours:
        """Its colours, with their mean and deviation."""
        return LabColours.of(self.rgba)

    @cached_property
    def address(self) -> int:
        """Where the struct of the figure is in memory while this object lives."""
        return int(self._struct.ctypes.data)

    @cached_property
    def coloured_address(self) -> int:
        """The same, of a figure whose colours in CIELAB are there, too."""
        lab, seen = self._lab
        self._struct["lab"], self._struct["seen"] = lab.ctypes.data, seen.ctypes.data
        self._struct["seen_count"] = len(seen)
        return self.address

    @cached_property
    def _struct(self) -> NDArray[np.void]:
        return np.array([(self._pixels.ctypes.data, 0, 0, self.size_px, 0)], _FIGURE)

    @cached_property
    def _pixels(self) -> NDArray[np.uint8]:
        h, w = self.size_px
        pixels = np.zeros((h + 2, w + 2, 4), np.uint8)
        pixels[1:-1, 1:-1] = premultiplied(self.rgba)
        return pixels

    @cached_property
    def _lab(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """CIELAB and alpha of its pixels that are seen, (n, 4) uint8, and where these are, (n,) int32."""
        colours, seen = self.colours, np.flatnonzero(self._pixels[..., 3])
        if not len(seen):
            return np.zeros((0, 4), np.uint8), seen.astype(np.int32)
        alpha_u8 = colours.alpha_u8.reshape(-1)[colours.seen]
        return np.asarray(cv2.merge((colours.lab_u8, alpha_u8[None])), np.uint8)[0], seen.astype(np.int32)
