"""Polygons of masks, along the edges of their pixels: what COCO's importers read, and YOLO's.

A corner (x, y) is where four pixels meet, so pixel (column, row) spans column..column + 1 and row..row + 1, as COCO has
it. Filled by the even-odd rule at the middle of each pixel, as pycocotools does it, the polygons give the mask back to
the pixel. A part is a polygon of its own; a hole is joined to the outline around it by a cut of no width, which is
walked there and back, since COCO's polygons can't say holes.

YOLO has one polygon for an object, whose parts are joined as holes are. Its readers paint the pixels in which corners
lie and what is between (`cv2.fillPoly`), so that each corner is told by the pixel of the object that it is a corner of.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def mask_polygons(mask: NDArray[np.uint8]) -> list[list[int]]:
    """Return the polygons of a mask, as COCO lists them.

    Args:
        mask: (H, W) uint8, 1 for the object and 0 for the rest. Pixels that touch at a corner are of one part.

    Returns:
        A list [x0, y0, x1, y1, ...] for each part, at least four corners long; empty for an empty mask.
    """
    contours, parents = _doubled_contours(mask)
    corners = [_corners(contour) for contour in contours]
    found = {i: corners[i] for i, parent in enumerate(parents) if parent < 0}
    for i, parent in enumerate(parents):
        if parent >= 0:
            found[parent] = _joined(found[parent], corners[i])
    return [outline.ravel().tolist() for outline in found.values()]


def mask_outline(mask: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return one polygon around all parts of a mask and all of their holes, joined where they are nearest.

    `cv2.fillPoly` paints the pixels of its corners and what is between: the mask, and the lines by which parts are
    joined, one pixel wide.

    Args:
        mask: (H, W) uint8, 1 for the object and 0 for the rest.

    Returns:
        Corners (n, 2) as x and y at twice the size, n at least 4: 2x is the left or upper edge of pixel x, 2x + 1 the
        right or lower one. Empty for an empty mask.
    """
    left, _ = _doubled_contours(mask)
    outline = left.pop(0) if left else np.empty((0, 2), np.int32)
    while left:  # the next one is that which is nearest to what is joined, so that no cut runs through another one
        distances = [_nearest(outline, contour) for contour in left]
        nearest = min(range(len(left)), key=lambda i: distances[i])
        _, at, start = distances[nearest]
        around = np.roll(left.pop(nearest), -start, axis=0)
        outline = np.concatenate([outline[: at + 1], around, around[:1], outline[at:]])
    return outline


def _doubled_contours(mask: NDArray[np.uint8]) -> tuple[list[NDArray[np.int32]], list[int]]:
    """Return the contours (n, 2) of parts and holes of a mask at twice its size, and of holes whose they are, else -1.

    At that size every pixel has an outer edge on each of its sides, so that what is one pixel wide has two.
    """
    if not mask.any():
        return [], []
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask))
    doubled = np.repeat(np.repeat(mask[y : y + height, x : x + width], 2, axis=0), 2, axis=1)
    contours, tree = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(2 * x, 2 * y))
    return [contour[:, 0].astype(np.int32) for contour in contours], np.asarray(tree)[0, :, 3].tolist()


def _nearest(outline: NDArray[np.int32], contour: NDArray[np.int32]) -> tuple[int, int, int]:
    """Return the square of the least distance of two corners of two polygons, and the places of both in theirs."""
    distances = ((outline[:, None] - contour) ** 2).sum(axis=2)
    at, start = divmod(int(distances.argmin()), len(contour))
    return int(distances[at, start]), at, start


def _corners(contour: NDArray) -> NDArray[np.int32]:
    """Return the corners (n, 2) of pixels that a contour at twice the size goes around, those in a line left out."""
    corners: NDArray[np.int32] = (contour + 1) // 2  # of the doubled pixels 2x and 2x + 1, the edges x and x + 1
    corners = corners[(corners != np.roll(corners, 1, axis=0)).any(axis=1)]
    before, after = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    turns: NDArray[np.bool_] = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    found: NDArray[np.int32] = corners[turns]
    return found


def _joined(outline: NDArray[np.int32], hole: NDArray[np.int32]) -> NDArray[np.int32]:
    """Join a hole to the outline around it by a cut between two of their corners that are near to each other."""
    start = int(np.argmin(hole[:, 0]))
    at = int(np.argmin(((outline - hole[start]) ** 2).sum(axis=1)))
    around = np.roll(hole, -start, axis=0)
    return np.concatenate([outline[: at + 1], around, around[:1], outline[at:]])
