"""Alpha from the size at which a network found it to the size of its picture, whose edges it is made to follow.

The fast guided filter (He and Sun, "Fast guided filter", 2015; He, Sun and Tang, TPAMI 2013) with the picture's
colours as the guide: around each pixel of the small map, alpha is fitted as a linear function of colour, and the whole
picture is put into these functions.
"""

from __future__ import annotations

import cv2
import numpy as np
from bgfg.train.ops.resample import resized
from numpy.typing import NDArray

# Of the windows, in pixels of the map, which are as coarse as its errors.
_WINDOW_PX = (3, 3)

# How much colours must differ to count as an edge: their variance in 0..1.
_EPSILON = 1e-4

# What a network gives where it is all but sure: measured against true alpha, less error and no more squared error.
_NOTHING = 0.1


def refined(alpha: NDArray[np.float32], picture: NDArray[np.uint8], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return alpha (h, w) in 0..1 at the size of the picture (H, W, 3) uint8 RGB, (H, W) float32.

    seen: the picture at the size at which the network saw it, (h', w', 3) in levels. What is below a tenth becomes 0,
    what is above nine tenths 1.
    """
    guide = resized(seen, (alpha.shape[0], alpha.shape[1])) / np.float32(255)
    slopes, offset = _fitted(alpha.astype(np.float32), guide)
    planes = resized(np.dstack([slopes / 255, offset]), (picture.shape[0], picture.shape[1]))
    followed = np.einsum("hwc,hwc->hw", planes[..., :3], picture, dtype=np.float32) + planes[..., 3]
    return np.asarray(np.clip((followed - _NOTHING) / (1 - 2 * _NOTHING), 0, 1), np.float32)


def _fitted(alpha: NDArray[np.float32], guide: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return slopes (h, w, 3) and offsets (h, w) of alpha as a linear function of colour around each pixel."""
    colour, level = _mean(guide), _mean(alpha)
    products = guide[..., :, None] * guide[..., None, :]
    variance = _mean(products.reshape(*alpha.shape, 9)).reshape(*alpha.shape, 3, 3)
    variance = variance - colour[..., :, None] * colour[..., None, :] + _EPSILON * np.eye(3, dtype=np.float32)
    covariance = _mean(guide * alpha[..., None]) - colour * level[..., None]
    slopes = np.linalg.solve(variance, covariance[..., None])[..., 0]
    offset = level - (slopes * colour).sum(axis=-1)
    return _mean(slopes), _mean(offset)


def _mean(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(maps, _WINDOW_PX, borderType=cv2.BORDER_REFLECT), np.float32)
