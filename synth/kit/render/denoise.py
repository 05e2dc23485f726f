"""Edge-preserving blur of the light: it keeps that of one plane from bleeding over another's edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.vectors import FloatArray

# (shift in pixels, weight). A tap at each end counts half, so that every pixel's window holds each place of a 4 x 4
# tile equally often.
KERNEL_TAPS = ((-2, 0.5), (-1, 1.0), (0, 1.0), (1, 1.0), (2, 0.5))


def cross_bilateral_blur(
    values: FloatArray, points: FloatArray, normals: FloatArray, known: NDArray[np.bool_], tolerance_m: FloatArray
) -> FloatArray:
    """Blur planes `values` (C, H, W) along x, then along y, over five pixels.

    A neighbour counts as far as it lies in the plane of the pixel (within `tolerance_m`) and looks the same way: a
    cross bilateral filter (Eisemann and Durand 2004), separated in the manner of Pham and van Vliet (2005).

    Args:
        values: (C, H, W), what is blurred.
        points: (3, H, W) m, where the pixels lie in the world.
        normals: (3, H, W), unit.
        known: (H, W); the other pixels neither give nor take.
        tolerance_m: (H, W), how far off a pixel's plane a neighbour may lie.

    Returns:
        The blurred planes (C, H, W).
    """
    weight_of = known.astype(np.float32)
    for axis in (2, 1):
        values = _blur_along(values, points, normals, weight_of, tolerance_m, axis)
    return values


def _blur_along(
    values: FloatArray, points: FloatArray, normals: FloatArray, known: FloatArray, tolerance: FloatArray, axis: int
) -> FloatArray:
    total = np.zeros_like(values)
    # A little of the pixel itself, so that where nothing counts there is no division by 0.
    weights = np.full(known.shape, 1e-6, np.float32)
    total += values * np.float32(1e-6)
    length = values.shape[axis]
    for shift, share in KERNEL_TAPS:
        if abs(shift) >= length:
            continue
        here = _span(axis, max(0, -shift), length - max(0, shift))
        there = _span(axis, max(0, shift), length - max(0, -shift))
        n, m = normals[here], normals[there]
        apart = points[there] - points[here]
        off_plane = np.abs(n[0] * apart[0] + n[1] * apart[1] + n[2] * apart[2])
        alike = n[0] * m[0] + n[1] * m[1] + n[2] * m[2]
        weight = np.clip(1.5 - off_plane / tolerance[here[1:]], 0, 1)
        weight *= np.clip(5 * alike - 4, 0, 1) * known[there[1:]] * np.float32(share)
        weights[here[1:]] += weight
        total[here] += weight * values[there]
    return total / weights


def _span(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return tuple(slice(start, stop) if k == axis else slice(None) for k in range(3))
