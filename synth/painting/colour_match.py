"""Colour matching: the mean and the deviation of a cut-out's colours go some way to those of what is around it.

Source: Reinhard et al., "Color transfer between images" (IEEE CG&A 2001), here in CIELAB, where equal steps look equal.
OpenCV's CIELAB of bytes is whole numbers, and so are sums; what is left of floating point are some numbers a cut-out,
each by operations that IEEE 754 rounds alike everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.affine_warp import MILLI

_LEAST_DEVIATION = 1.0
_MOST_CONTRAST = 2.0  # by how much a deviation may grow or shrink: noise of a flat garment isn't blown up
_LEVELS = np.arange(256, dtype=np.float64)


class Moments(NamedTuple):
    """Means and deviations of colours.

    Attributes:
        mean: (..., 3) float64.
        deviation: (..., 3) float64, 1 at least.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


def gain_and_centre(
    own: Moments, around: Moments, share: np.float64 | NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far levels spread, and what the mean becomes, where colours go their way to those around.

    Args:
        own: Of cut-outs.
        around: Of what is around each of them.
        share: How far they go, 0 to 1; of the means' shape, or one for all.
    """
    contrast = np.minimum(np.maximum(around.deviation / own.deviation, 1 / _MOST_CONTRAST), _MOST_CONTRAST)
    return 1 + share * (contrast - 1), own.mean + share * (around.mean - own.mean)


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

    @classmethod
    def of(cls, rgba: NDArray[np.uint8]) -> LabColours:
        """Look at (h, w, 4) uint8 RGBA, not premultiplied."""
        pixels, alpha_u8 = np.ascontiguousarray(rgba), np.ascontiguousarray(rgba[..., 3])
        seen = np.flatnonzero(alpha_u8.reshape(-1) > 0)
        if not len(seen):
            return cls(seen, np.zeros((1, 0, 3), np.uint8), alpha_u8, *_moments(np.zeros(3), np.zeros(3), 1))
        seen_u8 = pixels.view(np.uint32).reshape(-1)[seen].view(np.uint8).reshape(1, -1, 4)
        lab_u8 = lab_of(seen_u8)
        return cls(seen, lab_u8, alpha_u8, *opaque_moments(lab_u8, seen_u8[..., 3]))

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
        own, share = Moments(self.mean, self.deviation), np.float64(strength_milli / MILLI)
        gain, centre = gain_and_centre(own, Moments(mean, deviation), share)
        table = (_LEVELS[:, None] - self.mean) * gain
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
        self._sums, self._squares = cv2.integral2(lab_of(background), sdepth=cv2.CV_64F)

    def around(self, x: int, y: int, w: int, h: int) -> Moments:
        """Return mean and deviation, (3,) float64 each, of a box grown by half of its size on each side."""
        return Moments(*(each[0] for each in self.around_each(np.array([[x, y, w, h]]))))

    def around_each(self, boxes_px: NDArray[np.integer]) -> Moments:
        """Return means and deviations, (n, 3) each, around (n, 4) boxes: x, y, width and height."""
        height_px, width_px = (side - 1 for side in self._sums.shape[:2])
        x, y, w, h = boxes_px.T
        top, bottom = np.maximum(0, y - h // 2), np.minimum(height_px, y + h + h // 2)
        left, right = np.maximum(0, x - w // 2), np.minimum(width_px, x + w + w // 2)
        outside = (bottom <= top) | (right <= left)
        if outside.any():  # what lies wholly outside has the whole background around it
            top[outside], bottom[outside], left[outside], right[outside] = 0, height_px, 0, width_px
        sums, squares = (
            each[bottom, right] - each[top, right] - each[bottom, left] + each[top, left]
            for each in (self._sums, self._squares)
        )
        return _moments(sums, squares, ((bottom - top) * (right - left))[:, None])


def lab_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return CIELAB of RGB or RGBA, (h, w, 3) uint8."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.uint8)


def opaque_moments(lab_u8: NDArray[np.uint8], alpha_u8: NDArray[np.uint8]) -> Moments:
    """Return mean and deviation, (3,) float64 each, of the opaque of (h, w, 3) uint8 CIELAB and (h, w) uint8 alpha."""
    is_opaque = (alpha_u8 >= OPAQUE_U8).view(np.uint8)
    opaque = cv2.copyTo(lab_u8, is_opaque)  # the others are 0, which adds nothing
    squares = opaque.astype(np.uint16)
    squares *= squares  # that of 255 just fits
    sums, sums_of_squares = (np.array(cv2.sumElems(each)[:3]) for each in (opaque, squares))
    return _moments(sums, sums_of_squares, max(1, cv2.countNonZero(is_opaque)))


def _moments(sums: NDArray[np.float64], squares: NDArray[np.float64], count: int | NDArray[np.integer]) -> Moments:
    mean = sums / count
    variance = np.maximum(squares / count - mean * mean, 0)
    return Moments(mean, np.maximum(np.sqrt(variance), _LEAST_DEVIATION))
