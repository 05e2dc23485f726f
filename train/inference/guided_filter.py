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

# More than rounding does to alpha.
_ROUNDING = 1e-4


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
    refined = np.zeros((height_px, width_px), np.float32)
    rows, columns = _above_nothing(planes, height_px, width_px)
    for strip_rows, strip in resized_strips(planes, height_px, width_px, rows, columns):
        followed = np.einsum("hwc,hwc->hw", strip[..., :3], picture[strip_rows, columns], dtype=np.float32)
        refined[strip_rows, columns] = np.clip((followed + strip[..., 3] - _NOTHING) / (1 - 2 * _NOTHING), 0, 1)
    return refined


def _above_nothing(planes: NDArray[np.float32], height_px: int, width_px: int) -> tuple[slice, slice]:
    """Return the part (rows, columns) of a picture outside of which alpha is 0, whatever the picture's colours.

    Args:
        planes: Slopes of alpha by level of red, green and blue, and its offset, (h, w, 4), to be enlarged.
        height_px: Height of the picture.
        width_px: Width of the picture.
    """
    highest = planes[..., 3] + 255 * np.maximum(planes[..., :3], 0).sum(axis=-1)
    found = highest > _NOTHING - _ROUNDING
    spans = []
    for axis, length_px in ((1, height_px), (0, width_px)):
        places = np.flatnonzero(found.any(axis=axis))
        scale = length_px / found.shape[1 - axis]
        # Between two pixels of the planes lies a mean of both.
        first, last = (places[0], places[-1]) if len(places) else (0, -2)
        spans.append(slice(max(0, int((first - 1) * scale)), min(length_px, int(np.ceil((last + 2) * scale)))))
    return spans[0], spans[1]


def _fitted(alpha: NDArray[np.float32], guide: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return slopes (h, w, 3) and offsets (h, w) of alpha as a linear function of colour around each pixel."""
    # Linear regression in each window, from means of products; the epsilon keeps flat windows from following noise.
    colour, level = _mean(guide), _mean(alpha)
    (rr, rg, rb), (gg, gb), (bb,) = (
        [_mean(guide[..., i] * guide[..., j]) - colour[..., i] * colour[..., j] + _EPSILON * (i == j)
         for j in range(i, 3)]
        for i in range(3)
    )  # fmt: skip
    covariance = [_mean(guide[..., i] * alpha) - colour[..., i] * level for i in range(3)]
    # The inverse of a symmetric matrix by its cofactors, in double precision: they are small differences.
    rr, rg, rb, gg, gb, bb = (each.astype(np.float64) for each in (rr, rg, rb, gg, gb, bb))
    cofactors = [
        [gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg],
        [rb * gb - rg * bb, rr * bb - rb * rb, rg * rb - rr * gb],
        [rg * gb - rb * gg, rg * rb - rr * gb, rr * gg - rg * rg],
    ]
    determinant = rr * cofactors[0][0] + rg * cofactors[0][1] + rb * cofactors[0][2]
    solved = [sum(c * v for c, v in zip(row, covariance, strict=True)) / determinant for row in cofactors]
    slopes = np.dstack(solved).astype(np.float32)
    offset = level - (slopes * colour).sum(axis=-1)
    return _mean(slopes), _mean(offset)


def _mean(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(maps, _WINDOW_PX, borderType=cv2.BORDER_REFLECT), np.float32)
