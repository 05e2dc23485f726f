"""Guided filter: alpha from the network's size to the picture's size, made to follow the picture's edges.

The fast guided filter (He and Sun, "Fast guided filter", 2015; He, Sun and Tang, TPAMI 2013) with the picture's colours
as the guide: around each pixel of the small map, alpha is fitted as a linear function of colour, and the whole picture
is put into these functions.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.strips import resized_strips
from bgfg.train.ops.array_resize import resize_bilinear

# Window of the filter in pixels of the small map: as wide as its errors.
_WINDOW_PX = (3, 3)

# Variance of colours, in 0..1, above which they count as an edge.
_EPSILON = 1e-4

# Alpha below this becomes 0, above 1 less this 1: measured against true alpha, less error and no more squared error.
_NOTHING = 0.1


def refine_alpha(
    alpha: NDArray[np.float32], picture: NDArray[np.uint8], seen: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return alpha at the size of the picture, (H, W) float32; below a tenth it becomes 0, above nine tenths 1.

    Args:
        alpha: (h, w) in 0..1.
        picture: (H, W, 3) uint8 RGB.
        seen: The picture at the size at which the network saw it, (h', w', 3) in levels 0..255.
    """
    guide = resize_bilinear(seen, (alpha.shape[0], alpha.shape[1])) / np.float32(255)
    # The linear functions are smooth, so they, not alpha, are enlarged, and then applied to the picture's own colours.
    slopes, offset = _fitted(alpha.astype(np.float32), guide)
    # Strip by strip: all at once they would take 16 bytes a pixel, five times what the picture does.
    height_px, width_px = picture.shape[:2]
    smaller = min(alpha.shape[0], height_px), min(alpha.shape[1], width_px)
    planes = resize_bilinear(np.dstack([slopes / 255, offset]), smaller)
    refined = np.empty((height_px, width_px), np.float32)
    for rows, strip in resized_strips(planes, height_px, width_px):
        followed = np.einsum("hwc,hwc->hw", strip[..., :3], picture[rows], dtype=np.float32) + strip[..., 3]
        refined[rows] = np.clip((followed - _NOTHING) / (1 - 2 * _NOTHING), 0, 1)
    return refined


def _fitted(alpha: NDArray[np.float32], guide: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return slopes (h, w, 3) and offsets (h, w) of alpha as a linear function of colour around each pixel."""
    # Linear regression in each window, from means of products; the epsilon keeps flat windows from following noise.
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
