"""Area resizing in whole numbers: what a box of a sample holds is the same on every machine, to the byte.

A new pixel is the mean of the old ones under it, each by the share of it that is covered; so too where a picture is
enlarged. These shares are fractions of one denominator, so all sums are integers (of which a float64 holds 53 bits:
enough for cut-outs of 3,000 px), and only the last step rounds. OpenCV's INTER_AREA is the same in floating point,
whose last bit depends on the processor.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def resize_rgba(rgba: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return (height_px, width_px, 4) uint8 of (h, w, 4) RGBA uint8, not premultiplied; black where alpha is 0.

    With w the share of an old pixel under a new one: alpha is round(Σw·a / Σw) and a channel round(Σw·a·c / Σw·a),
    both half up. No colour leaks out of transparent pixels (Porter and Duff, "Compositing digital images", 1984).
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
    """Return (height_px, width_px) uint8: the alpha alone of what `resize_rgba` gives, from (h, w) uint8."""
    return _quotients(_sums(alpha_u8, height_px, width_px), alpha_u8.size).astype(np.uint8)


def _quotients(sums: Floats, weights: Floats | int) -> Floats:
    """Return sums / weights, whole numbers both, rounded half up; exact, since a quotient keeps off what it isn't."""
    return np.floor((2 * sums + weights) / (2 * weights))


def _sums(values: NDArray[Any], height_px: int, width_px: int) -> Floats:
    """Return for each new pixel the sum of the old ones (h, w) by weights that add up to h·w."""
    integral: Floats = np.asarray(cv2.integral(values, sdepth=cv2.CV_64F), np.float64)
    return _parts(_parts(integral, height_px, 0), width_px, 1)


def _parts(integral: Floats, count: int, axis: int) -> Floats:
    """Return `count` times what each of `count` equal parts of an axis, of length n + 1, adds to an integral."""
    before, after, rest, part = _edges(count, integral.shape[axis] - 1)
    if axis == 0:
        rest, part = rest[:, None], part[:, None]
    edges = integral.take(before, axis) * rest
    edges += integral.take(after, axis) * part
    return edges[1:] - edges[:-1] if axis == 0 else edges[:, 1:] - edges[:, :-1]


@lru_cache(maxsize=4096)
def _edges(count: int, n: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]:
    """Return for the count + 1 edges of equal parts of n pixels the pixel edges around each, and `count` times how
    near it is to either.
    """
    before, part = np.divmod(np.arange(count + 1) * n, count)
    return before, np.minimum(before + 1, n), (count - part).astype(np.float64), part.astype(np.float64)
