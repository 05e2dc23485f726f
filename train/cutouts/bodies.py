"""Bodies in the mask of one object: two people who touch are one piece, of two bodies side by side with a neck between.

No network is asked: told is the shape alone, so that two of whom one stands before the other stay one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Longer side at which shapes are looked at.
_SIDE_PX = 256

# A core is what is left of a mask where its edge is worn off as far as this share of its inner radius. A second core is
# a body where its own inner radius, and the share of the mask that is nearest to it, aren't less than these.
_WORN, _LEAST_RADIUS, _LEAST_SHARE = 0.45, 0.6, 0.2


def shows_two_bodies(mask: NDArray[np.bool_]) -> bool:
    """Say whether a mask (h, w) of one object is, by its shape, two bodies that touch, side by side.

    Worn off from its edge, such a mask falls into two parts of comparable size; arms, bags and heads vanish before. One
    over the other is a head over its shoulders, and no two bodies.
    """
    shape = _trimmed(mask)
    distance = cv2.distanceTransform(shape, cv2.DIST_L2, 5)
    radius = float(distance.max())
    count, labels = cv2.connectedComponents((distance >= _WORN * radius).astype(np.uint8))
    cores = np.asarray(labels, np.int32)
    radii = np.array([distance[cores == core].max() for core in range(1, count)])
    bodies = 1 + np.flatnonzero(radii >= _LEAST_RADIUS * radius)
    if len(bodies) < 2:
        return False
    away = [cv2.distanceTransform((cores != body).astype(np.uint8), cv2.DIST_L2, 5) for body in bodies]
    nearest = np.argmin(away, axis=0)
    parts = [(nearest == number) & (shape > 0) for number in range(len(bodies))]
    first, second = sorted(parts, key=lambda part: -int(part.sum()))[:2]
    if second.sum() < _LEAST_SHARE * shape.sum():
        return False
    (y, x), (other_y, other_x) = (np.argwhere(part).mean(axis=0) for part in (first, second))
    return bool(abs(x - other_x) > abs(y - other_y))


def _trimmed(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a mask as 0 and 1, trimmed, at a size at which all are looked at, with nothing around."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    scale = _SIDE_PX / max(box.shape)
    if scale < 1:
        size = max(1, round(box.shape[1] * scale)), max(1, round(box.shape[0] * scale))
        box = np.asarray(cv2.resize(box, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.pad((box >= 0.5).astype(np.uint8), 1)
