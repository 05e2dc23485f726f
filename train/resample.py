"""Arrays of pixels at another size, by the one rule for pictures, backgrounds, masks and depth alike.

Pixels are areas, whose grid covers the same frame before and after: the frame's borders stay where they are. Bilinear,
antialiased where it shrinks (a triangle as wide as a target pixel), which is what training does to its pictures.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray


def resized(pixels: NDArray, size_px: tuple[int, int]) -> NDArray[np.float32]:
    """Return pixels, (H, W) or (H, W, C) of any dtype, at the size (h, w): float32, in the unit that they had."""
    height_px, width_px = size_px
    values = np.ascontiguousarray(pixels, np.float32)
    channels = values.shape[2:]
    if height_px >= values.shape[0] and width_px >= values.shape[1]:
        return np.asarray(cv2.resize(values, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)
    rows, columns = _weights(values.shape[0], height_px), _weights(values.shape[1], width_px)
    # The side that shrinks more goes first, so that less is left for the other.
    if height_px * values.shape[1] <= width_px * values.shape[0]:
        return _along_columns(_along_rows(values, rows), columns).reshape(height_px, width_px, *channels)
    return _along_rows(_along_columns(values, columns), rows).reshape(height_px, width_px, *channels)


def _along_rows(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    if weights.shape[0] == weights.shape[1]:
        return values
    joined = weights @ values.reshape(len(values), -1)
    return joined.reshape(len(weights), *values.shape[1:])


def _along_columns(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    if weights.shape[0] == weights.shape[1]:
        return values
    if values.ndim == 2:
        return values @ weights.T
    height_px, width_px, channels = values.shape
    lines = np.ascontiguousarray(values.transpose(0, 2, 1)).reshape(-1, width_px)  # so that it is one large product
    return np.asarray((lines @ weights.T).reshape(height_px, channels, -1).transpose(0, 2, 1), np.float32)


@lru_cache(maxsize=64)
def _weights(source_px: int, target_px: int) -> NDArray[np.float32]:
    """Return (target, source) float32: which share of each target pixel comes from each source pixel."""
    scale = source_px / target_px
    reach = max(1.0, scale)
    centres = (np.arange(target_px) + 0.5) * scale
    distance = np.abs(np.arange(source_px) + 0.5 - centres[:, None]) / reach
    shares = np.clip(1 - distance, 0, None)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
