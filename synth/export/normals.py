"""Surface normals of depth maps: at each pixel a plane is fitted to the pixels around it that lie on the same surface.

A plane is linear in inverse depth: 1/z = a·u + b·v + c, u and v being the pixel's distance from the middle of the
picture, to the right and down; with a focal length of f px, (a·f, b·f, c) points along its normal. So the fit is linear
least squares, it is exact for planes, and it averages away the steps of coded depth, which differences of neighbours
would show as terraces.

The camera's axes are those of most renderers (Hypersim, ScanNet): x to the right, y up, z towards the camera, so that
a wall that faces the camera has (0, 0, 1).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# What is seen at a steeper slant can't be told from the edge of something nearer.
_STEEPEST = math.tan(math.radians(83))
# How often the window's reach fits into the shorter side: 4 px of 224, 6 where it has to average steps away.
_RADII_PER_SIDE = {True: 56, False: 36}
_ACROSS = 5  # pixels of the window that are looked at in a row, and rows
_LEAST_POINTS = 6

_FRAME = "x to the right, y up, z towards the camera"
_CODING = "normal = value / 127.5 - 1; (0, 0, 0) is unknown"


def surface_normals(depth_m: NDArray[np.float32], focal_px: float, resolution: float = 0.0) -> NDArray[np.float32]:
    """Compute the normals of the surfaces that a pinhole camera sees, whose axis goes through the picture's middle.

    Args:
        depth_m: (H, W) float32 metres along the axis of the camera, 0 unknown.
        focal_px: Focal length, in pixels of the map.
        resolution: Relative step between depths that follow one another: that of coded depth, 0 where it is fine.

    Returns:
        (H, W, 3) float32, of length 1, x to the right, y up, z towards the camera; (0, 0, 0) where depth is unknown, or
        too little of the surface is seen.
    """
    height_px, width_px = depth_m.shape
    known = depth_m > 0
    inverse = np.divide(1, depth_m, out=np.zeros(depth_m.shape, np.float32), where=known)
    fitted, slopes, settled = _fit_planes(inverse, _STEEPEST / focal_px, resolution)
    v, u = np.ogrid[:height_px, :width_px]
    right, down = slopes
    facing = fitted - right * (u + 0.5 - width_px / 2) - down * (v + 0.5 - height_px / 2)
    normals = np.stack([-right * focal_px, down * focal_px, facing], axis=-1).astype(np.float32)
    length = np.sqrt(np.einsum("hwc,hwc->hw", normals, normals))
    settled &= known & (length > 0)
    normals[~settled] = 0
    length[~settled] = 1
    normals /= length[..., None]
    return normals


def normal_metadata() -> dict[str, str]:
    """Return what a reader needs to turn coded normals into vectors."""
    return {"axes": _FRAME, "meaning": _CODING}


def code_normals(normals: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return normals (..., 3) as 8-bit RGB, (..., 3) uint8; `normal_metadata` says how they are read."""
    unknown = ~normals.any(axis=-1, keepdims=True)
    return np.where(unknown, 0, np.floor((normals + 1) * 127.5 + 0.5)).astype(np.uint8)


def _fit_planes(
    inverse: NDArray[np.float32], slope: float, resolution: float
) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], NDArray[np.float32]], NDArray[np.bool_]]:
    """Fit a plane around every pixel.

    Args:
        inverse: (H, W) inverse depth, 0 unknown.
        slope: Largest relative difference of depth between pixels side by side on one surface.
        resolution: As in `surface_normals`.

    Returns:
        Inverse depth of the plane at its pixel, its slopes to the right and down, each (H, W), and where there is one.
    """
    height_px, width_px = inverse.shape
    radius_px = max(2, round(min(inverse.shape) / _RADII_PER_SIDE[resolution == 0]))
    steps = np.unique(np.round(np.linspace(-radius_px, radius_px, _ACROSS)).astype(int)).tolist()
    padded = np.pad(inverse, radius_px)
    # Sums of the normal equations, of weights with (1, u, v) and of differences with (1, u, v): the upper triangle.
    products = np.zeros((6, height_px, width_px), np.float32)
    differences = np.zeros((3, height_px, width_px), np.float32)
    for v in steps:
        for u in steps:
            beside = padded[radius_px + v : radius_px + v + height_px, radius_px + u : radius_px + u + width_px]
            difference = beside - inverse
            tolerance = slope * max(abs(u), abs(v)) + resolution
            weight = ((np.abs(difference) <= tolerance * inverse) & (beside > 0)).astype(np.float32)
            difference *= weight
            for total, factor in zip(products, (1, u, v, u * u, u * v, v * v), strict=True):
                if factor:
                    total += weight if factor == 1 else weight * np.float32(factor)
            for total, factor in zip(differences, (1, u, v), strict=True):
                if factor:
                    total += difference if factor == 1 else difference * np.float32(factor)
    return _solve(inverse, products, differences)


def _solve(
    inverse: NDArray[np.float32], products: NDArray[np.float32], differences: NDArray[np.float32]
) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], NDArray[np.float32]], NDArray[np.bool_]]:
    """Solve the normal equations at every pixel by Cramer's rule; returns what `_fit_planes` does."""
    n, su, sv, suu, suv, svv = products
    d, du, dv = differences
    minors = suu * svv - suv * suv, suv * sv - su * svv, su * suv - suu * sv
    determinant = n * minors[0] + su * minors[1] + sv * minors[2]
    # A determinant of whole numbers: it is 0 where all points lie on one line.
    settled = (n >= _LEAST_POINTS) & (determinant > 0.5)
    over = np.divide(1, determinant, out=np.zeros_like(determinant), where=settled)
    at_pixel = (d * minors[0] + du * minors[1] + dv * minors[2]) * over
    right = (d * minors[1] + du * (n * svv - sv * sv) + dv * (su * sv - n * suv)) * over
    down = (d * minors[2] + du * (su * sv - n * suv) + dv * (n * suu - su * su)) * over
    return inverse + at_pixel, (right, down), settled
