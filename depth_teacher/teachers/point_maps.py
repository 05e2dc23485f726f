"""Depth from maps of points whose distance from the camera is known but for a shift, as MoGe gives them.

Source: Wang et al., "MoGe: Unlocking accurate monocular geometry estimation" (CVPR 2025), section 3.2: the shift along
the axis is that by which the points come to lie on the rays of their pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

# Points to a side, at most, by which the shift is found.
_SIDE = 64
_FEWEST = 16


def shifted_depth(points: NDArray[np.float32], known: NDArray[np.bool_], focal_px: float | None) -> NDArray[np.float32]:
    """Return the distance along the axis of each pixel, (h, w), in the unit of the points; NaN where it isn't known.

    Args:
        points: Right, down and along the axis, (h, w, 3); the last but for a shift.
        known: Where they are valid, (h, w).
        focal_px: Focal length in px of the map; None where it is to be found too.
    """
    height_px, width_px = known.shape
    rows, columns = (np.linspace(0, side - 1, min(side, _SIDE)).round().astype(int) for side in known.shape)
    chosen = np.ix_(rows, columns)
    x = (columns + 0.5 - width_px / 2)[None].repeat(len(rows), 0)
    y = (rows + 0.5 - height_px / 2)[:, None].repeat(len(columns), 1)
    valid = known[chosen] & np.isfinite(points[chosen]).all(axis=-1)
    depth = np.where(known, points[..., 2], np.float32("nan"))
    if valid.sum() < _FEWEST:
        return np.full(known.shape, np.nan, np.float32)
    rays = np.stack([x, y], axis=-1)[valid] / np.hypot(height_px, width_px)
    places = points[chosen][valid].astype(np.float64)
    focal = None if focal_px is None else focal_px / np.hypot(height_px, width_px)

    def residuals(shift: NDArray[np.float64]) -> NDArray[np.float64]:
        projected = places[:, :2] / (places[:, 2:] + shift)
        scale = (projected * rays).sum() / np.square(projected).sum() if focal is None else focal
        found: NDArray[np.float64] = (scale * projected - rays).ravel()
        return found

    shift = least_squares(residuals, x0=np.zeros(1), method="lm").x[0]
    depth = (depth + np.float32(shift)).astype(np.float32)
    return np.where(depth > 0, depth, np.float32("nan"))
