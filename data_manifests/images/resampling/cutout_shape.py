"""The shape in which a cut-out is pasted: scaled, turned, out of focus. The same for its alpha alone and for all of it.

What is shaped are colours premultiplied by alpha, in bytes: round(c·a / 255). All is in whole numbers, and each channel
is treated alike, so whoever has the alpha knows what will be seen of a cut-out before anything is pasted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import MILLI, warp, warped_size

# Sigma by which edges are feathered where a cut-out is blended by `gaussian`, in thousandths of a px.
FEATHER_MILLI = 1_500


@dataclass(frozen=True)
class CutoutShape:
    """The shape of a cut-out.

    Attributes:
        scale_milli: Scale in thousandths.
        rotation_mdeg: Turn in thousandths of a degree, counter-clockwise.
        blur_milli: Sigma of the Gaussian that defocus is taken for, in thousandths of a px of the frame.
        least_margin_px: Pixels of nothing around it, at least.
    """

    scale_milli: int = MILLI
    rotation_mdeg: int = 0
    blur_milli: int = 0
    least_margin_px: int = 0

    @property
    def margin_px(self) -> int:
        """How many pixels of nothing are laid around a cut-out before it is blurred."""
        return max(self.least_margin_px, blur_radius_px(self.blur_milli))

    def size_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the height and width in px that a cut-out of this height and width takes."""
        h, w = warped_size(height_px, width_px, self.scale_milli, self.rotation_mdeg)
        return h + 2 * self.margin_px, w + 2 * self.margin_px

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Shape a cut-out.

        Args:
            pixels: (h, w) uint8 alpha, or (h, w, 4) uint8 premultiplied RGBA.

        Returns:
            The same of `size_px`.
        """
        warped, margin = warp(pixels, self.scale_milli, self.rotation_mdeg), self.margin_px
        if not margin:
            return warped
        wide = cv2.copyMakeBorder(warped, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
        return gaussian_blur(np.asarray(wide, np.uint8), self.blur_milli)


def blur_radius_px(blur_milli: int) -> int:
    """Return how far a blur reaches: three sigmas."""
    return math.ceil(3 * blur_milli / MILLI)


def gaussian_blur(pixels: NDArray[np.uint8], blur_milli: int) -> NDArray[np.uint8]:
    """Blur (h, w) or (h, w, C) uint8 by a Gaussian of a sigma in thousandths of a px; there is nothing outside.

    The kernel has whole 256ths, rounded from the rim inwards with what was rounded off carried on, the rest in the
    middle; rows are summed first, and rounding is once, half up: OpenCV's own form for bytes.
    """
    if not blur_milli:
        return pixels
    side = 2 * blur_radius_px(blur_milli) + 1
    blurred = cv2.GaussianBlur(
        pixels, (side, side), blur_milli / MILLI, borderType=cv2.BORDER_CONSTANT, hint=cv2.ALGO_HINT_ACCURATE
    )
    return np.asarray(blurred, np.uint8)


def premultiplied(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (h, w, 4) uint8 RGBA with its colours multiplied by alpha: round(c·a / 255)."""
    return np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2mRGBA), np.uint8)
