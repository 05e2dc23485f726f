"""Bilinear resizing of numpy arrays, by one rule for pictures, backgrounds, masks and depth alike.

Pixels are areas, whose grid covers the same frame before and after: the frame's borders stay where they are. Bilinear,
antialiased where it shrinks (a triangle as wide as a target pixel), which is what training does to its pictures.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

# Target pixels whose weights are one matrix. With more of them more weights are 0, with fewer there are more calls,
# which matters less where rows have as many values as those of large pictures.
_BAND_PX, _BAND_OF_LONG_ROWS_PX, _LONG_ROW = 4, 2, 3000

_CV_CHANNELS = 4


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
        return _transposed(_rows(_transposed(_rows(pixels, height_px)), width_px))
    return _rows(_transposed(_rows(_transposed(pixels), width_px)), height_px)


def _transposed(pixels: NDArray) -> NDArray:
    """Return pixels with columns for rows, as a new array: by OpenCV, where it can, since it goes tile by tile."""
    if pixels.dtype.char not in "Bf" or max(pixels.shape[2:], default=1) > _CV_CHANNELS:
        return np.ascontiguousarray(pixels.swapaxes(0, 1))
    turned = cv2.transpose(np.ascontiguousarray(pixels))
    return np.asarray(turned).reshape(pixels.shape[1], pixels.shape[0], *pixels.shape[2:])


def _rows(pixels: NDArray, count: int) -> NDArray[np.float32]:
    """Resize along the first axis to `count` rows."""
    flat = pixels.reshape(len(pixels), -1)
    total = np.empty((count, flat.shape[1]), np.float32)
    band_px = _BAND_PX if flat.shape[1] < _LONG_ROW else _BAND_OF_LONG_ROWS_PX
    for target, source, shares in _bands(len(pixels), count, band_px):
        # A BLAS would be quicker on an idle machine alone: it takes all cores, and waits for them in a loop.
        np.einsum("ts,sv->tv", shares, flat[source].astype(np.float32), out=total[target])
    return total.reshape(count, *pixels.shape[1:])


@lru_cache(maxsize=64)
def _bands(source_px: int, target_px: int, band_px: int) -> list[tuple[slice, slice, NDArray[np.float32]]]:
    """Return which runs of target pixels are made of which source pixels, and the weights (target, source) of these.

    Runs are short, so that few of the weights are 0.
    """
    scale = source_px / target_px
    reach = max(1.0, scale)
    bands = []
    for start in range(0, target_px, band_px):
        stop = min(start + band_px, target_px)
        centres = (np.arange(start, stop)[:, None] + 0.5) * scale
        first, last = int(np.floor(centres[0, 0] - reach)), int(np.ceil(centres[-1, 0] + reach))
        source = slice(max(0, first), min(source_px, last))
        shares = np.clip(1 - np.abs(np.arange(source.start, source.stop) + 0.5 - centres) / reach, 0, None)
        bands.append((slice(start, stop), source, (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)))
    return bands
