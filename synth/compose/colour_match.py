"""Colour matching: the mean and the deviation of a cut-out's colours go some way to those of what is around it.

Source: Reinhard et al., "Color transfer between images" (IEEE CG&A 2001), here in CIELAB, where equal steps look equal.
OpenCV's CIELAB of bytes is whole numbers, and so are sums; what is left of floating point are some numbers a cut-out,
each by operations that IEEE 754 rounds alike everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.affine_warp import MILLI

_LEAST_DEVIATION = 1.0
_MOST_CONTRAST = 2.0  # by how much a deviation may grow or shrink: noise of a flat garment isn't blown up
_LEVELS = np.arange(256, dtype=np.float64)


@dataclass(frozen=True)
class LabColours:
    """The colours of a cut-out.

    Attributes:
        seen: (n,) which of its h·w pixels aren't transparent.
        lab_u8: (1, n, 3) uint8 CIELAB of these.
        alpha_u8: (h, w) uint8, its alpha.
        mean: (3,) float64, of its opaque pixels.
        deviation: (3,) float64.
    """

    seen: NDArray[np.intp]
    lab_u8: NDArray[np.uint8]
    alpha_u8: NDArray[np.uint8]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @cached_property
    def from_mean(self) -> NDArray[np.float64]:
        """How far each level is from the mean, (256, 3) float64."""
        return _LEVELS[:, None] - self.mean

    @classmethod
    def of(cls, rgba: NDArray[np.uint8]) -> LabColours:
        """Look at (h, w, 4) uint8 RGBA, not premultiplied."""
        alpha_u8 = np.ascontiguousarray(rgba[..., 3])
        seen = np.flatnonzero(alpha_u8)
        lab_u8 = _lab(rgba.reshape(-1, 4)[seen, :3][None])
        opaque = lab_u8[:, np.flatnonzero(alpha_u8.reshape(-1)[seen] >= OPAQUE_U8)]
        sums = squares = np.zeros(3)
        if opaque.size:
            powers = opaque, cv2.multiply(opaque, opaque, dtype=cv2.CV_16U)  # the square of 255 just fits
            sums, squares = np.array([cv2.sumElems(each)[:3] for each in powers])
        return cls(seen, lab_u8, alpha_u8, *_moments(sums, squares, max(1, opaque.shape[1])))

    def matched(
        self, mean: NDArray[np.float64], deviation: NDArray[np.float64], strength_milli: int
    ) -> NDArray[np.uint8]:
        """Return the colours on their way to another mean and deviation.

        Args:
            mean: (3,) float64.
            deviation: (3,) float64.
            strength_milli: How far they go, in thousandths.

        Returns:
            (h, w, 4) uint8 RGBA, black where it is transparent.
        """
        rgba = np.zeros((*self.alpha_u8.shape, 4), np.uint8)
        if not len(self.seen):
            return rgba
        share = strength_milli / MILLI
        contrast = np.minimum(np.maximum(deviation / self.deviation, 1 / _MOST_CONTRAST), _MOST_CONTRAST)
        gain, centre = 1 + share * (contrast - 1), self.mean + share * (mean - self.mean)
        table = self.from_mean * gain
        table += centre
        np.rint(np.minimum(np.maximum(table, 0, out=table), 255, out=table), out=table)
        matched = cv2.LUT(self.lab_u8, table.astype(np.uint8)[None])
        seen = np.asarray(cv2.cvtColor(matched, cv2.COLOR_Lab2RGB, dstCn=4), np.uint8)
        rgba.view(np.uint32).reshape(-1)[self.seen] = seen.view(np.uint32).reshape(-1)
        cv2.insertChannel(self.alpha_u8, rgba, 3)
        return rgba


class Surroundings:
    """The colours of any box of one background: means and deviations of CIELAB by integral images."""

    def __init__(self, background: NDArray[np.uint8]) -> None:
        """Take the background, (H, W, 3) uint8 RGB."""
        self._sums, self._squares = cv2.integral2(_lab(background), sdepth=cv2.CV_64F)

    def around(self, x: int, y: int, w: int, h: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and deviation, (3,) float64 each, of a box grown by half of its size on each side."""
        height_px, width_px = (side - 1 for side in self._sums.shape[:2])
        top, bottom = max(0, y - h // 2), min(height_px, y + h + h // 2)
        left, right = max(0, x - w // 2), min(width_px, x + w + w // 2)
        if bottom <= top or right <= left:  # all of it is outside
            top, bottom, left, right = 0, height_px, 0, width_px
        sums, squares = (
            each[bottom, right] - each[top, right] - each[bottom, left] + each[top, left]
            for each in (self._sums, self._squares)
        )
        return _moments(sums, squares, (bottom - top) * (right - left))


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not rgb.size:
        return rgb
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.uint8)


def _moments(
    sums: NDArray[np.float64], squares: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = sums / count
    variance = np.maximum(squares / count - mean * mean, 0)
    return mean, np.maximum(np.sqrt(variance), _LEAST_DEVIATION)
