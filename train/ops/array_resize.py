"""Bilinear resizing of numpy arrays, by one rule for pictures, backgrounds, masks and depth alike.

Pixels are areas, whose grid covers the same frame before and after: the frame's borders stay where they are. Bilinear,
antialiased where it shrinks (a triangle as wide as a target pixel), which is what training does to its pictures.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray


def resize_bilinear(pixels: NDArray, size_px: tuple[int, int]) -> NDArray[np.float32]:
    """Resize pixels.

    Args:
        pixels: (H, W) or (H, W, C) of any dtype.
        size_px: Height and width wanted.

    Returns:
        (h, w) or (h, w, C) float32, in the unit of `pixels`.
    """
    height_px, width_px = size_px
    if height_px >= pixels.shape[0] and width_px >= pixels.shape[1]:
        values = np.ascontiguousarray(pixels, np.float32)
        return np.asarray(cv2.resize(values, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)
    # The side that shrinks more goes first, so that less is left for the other.
    if height_px * pixels.shape[1] <= width_px * pixels.shape[0]:
        return _along(1, _along(0, pixels, height_px), width_px)
    return _along(0, _along(1, pixels, width_px), height_px)


def _along(axis: int, pixels: NDArray, count: int) -> NDArray[np.float32]:
    """Resize along an axis, 0 or 1, to `count` pixels."""
    where, shares = _taps(pixels.shape[axis], count)
    total = np.zeros((*pixels.shape[:axis], count, *pixels.shape[axis + 1 :]), np.float32)
    for places, share in zip(where, shares, strict=True):
        total += pixels.take(places, axis) * share.reshape(-1, *[1] * (pixels.ndim - axis - 1))
    return total


@lru_cache(maxsize=64)
def _taps(source_px: int, target_px: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return (taps, target) each: the source pixels that a target pixel is made of, and their weights."""
    scale = source_px / target_px
    reach = max(1.0, scale)
    centres = (np.arange(target_px) + 0.5) * scale
    places = np.floor(centres - reach).astype(np.intp) + np.arange(int(np.ceil(2 * reach)) + 1)[:, None]
    shares = np.clip(1 - np.abs(places + 0.5 - centres) / reach, 0, None)
    shares[(places < 0) | (places >= source_px)] = 0
    return np.clip(places, 0, source_px - 1), (shares / shares.sum(axis=0)).astype(np.float32)
