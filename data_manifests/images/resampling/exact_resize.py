"""Area resizing in whole numbers: the same on every machine, to the byte.

A new pixel is the mean of the old ones under it, each weighted by the share of it that is covered; so too where a
picture is enlarged. These shares are fractions of one denominator, so all sums are integers (of which a float64 holds
53 bits: enough for cut-outs of 3,000 px), and only the last step rounds. OpenCV's INTER_AREA is the same in floating
point, whose last bit depends on the processor.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def resize_rgba(rgba: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Resize a cut-out.

    With w the share of an old pixel under a new one: alpha is round(Σw·a / Σw) and a channel round(Σw·a·c / Σw·a),
    both half up. No colour leaks out of transparent pixels (Porter and Duff, "Compositing digital images", 1984).

    Args:
        rgba: (h, w, 4) uint8 RGBA, not premultiplied.
        height_px: New height.
        width_px: New width.

    Returns:
        (height_px, width_px, 4) uint8 RGBA, not premultiplied; black where alpha is 0.
    """
    *colours, old_alpha = cv2.split(rgba)
    alpha_sums = _sums(old_alpha, height_px, width_px)
    alpha = _quotients(alpha_sums, rgba.shape[0] * rgba.shape[1])
    weights = np.maximum(alpha_sums, 1)
    resized = np.empty((height_px, width_px, 4), np.uint8)
    for channel, colour in enumerate(colours):
        sums = _sums(cv2.multiply(colour, old_alpha, dtype=cv2.CV_32F), height_px, width_px)
        resized[..., channel] = np.where(alpha > 0, _quotients(sums, weights), 0)
    resized[..., 3] = alpha
    return resized


def resize_alpha(alpha_u8: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Resize alpha, (h, w) uint8, to (height_px, width_px): the same values as the alpha of `resize_rgba`."""
    return _quotients(_sums(alpha_u8, height_px, width_px), alpha_u8.size).astype(np.uint8)


def _quotients(sums: NDArray[np.float64], weights: NDArray[np.float64] | int) -> NDArray[np.float64]:
    """Return sums / weights, both whole numbers, rounded half up.

    Exact: a quotient that isn't whole differs from the next whole number by more than a float64's error.
    """
    return np.floor((2 * sums + weights) / (2 * weights))


def _sums(values: NDArray[Any], height_px: int, width_px: int) -> NDArray[np.float64]:
    """Return for each new pixel the weighted sum of the old ones (h, w); the weights add up to h·w."""
    integral: NDArray[np.float64] = np.asarray(cv2.integral(values, sdepth=cv2.CV_64F), np.float64)
    return _parts(_parts(integral, height_px, 0), width_px, 1)


def _parts(integral: NDArray[np.float64], count: int, axis: int) -> NDArray[np.float64]:
    """Split an axis of an integral image, of length n + 1, into `count` equal parts: `count` times the sum of each."""
    before, after, rest, part = _edges(count, integral.shape[axis] - 1)
    if axis == 0:
        rest, part = rest[:, None], part[:, None]
    edges = integral.take(before, axis) * rest
    edges += integral.take(after, axis) * part
    return edges[1:] - edges[:-1] if axis == 0 else edges[:, 1:] - edges[:, :-1]


@lru_cache(maxsize=4096)
def _edges(count: int, n: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Locate the count + 1 edges of equal parts of n pixels.

    Returns:
        The pixel edge before each, the one after it, and `count` times how near the edge is to either.
    """
    before, part = np.divmod(np.arange(count + 1) * n, count)
    return before, np.minimum(before + 1, n), (count - part).astype(np.float64), part.astype(np.float64)
