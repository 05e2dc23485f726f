"""Polygons of masks, along the edges of their pixels: what COCO's importers read, and YOLO's.

A corner (x, y) is where four pixels meet, so pixel (column, row) spans column..column + 1 and row..row + 1, as COCO has
it. Filled by the even-odd rule at the middle of each pixel, as pycocotools does it, the polygons give the mask back to
the pixel. A part is a polygon of its own; a hole is joined to the outline around it by a cut of no width, which is
walked there and back, since COCO's polygons can't say holes.

YOLO has one polygon for an object, whose parts are joined as holes are. Its readers paint the pixels in which corners
lie and what is between (`cv2.fillPoly`), so that each corner is told by the pixel of the object that it is a corner of.
"""

from __future__ import annotations

from typing import NamedTuple

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
    contours, _ = _doubled_contours(mask)
    if not contours:
        return np.empty((0, 2), np.int32)
    outline, *left = _with_inner_corners(contours, mask)
    cuts = [_nearest(outline, contour) for contour in left]
    while left:  # the next one is that which is nearest to what is joined, so that no cut runs through another one
        nearest = min(range(len(left)), key=lambda i: cuts[i].distance)
        contour, cut = left.pop(nearest), cuts.pop(nearest)
        outline = _joined_by(cut, outline, contour)
        found = (_nearest(contour, other) for other in left)
        cuts = [min(pair, key=lambda cut: cut.distance) for pair in zip(cuts, found, strict=True)]
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


def _with_inner_corners(contours: list[NDArray[np.int32]], mask: NDArray[np.uint8]) -> list[NDArray[np.int32]]:
    """Return contours at twice the size with a corner where they cut one: in the pixel of the mask that they pass by.

    Where two pixels touch at a corner there is none, and the step from one to the other stays.
    """
    points = np.concatenate(contours)
    ends = np.cumsum([len(contour) for contour in contours])
    starts = np.concatenate([[0], ends[:-1]])
    after = np.roll(points, -1, axis=0)
    after[ends - 1] = points[starts]
    is_cut = (abs(after - points) == 1).all(axis=1) & (after // 2 != points // 2).all(axis=1)
    below, beside = (np.stack([x[:, 0], y[:, 1]], axis=1) for x, y in ((points, after), (after, points)))
    is_below, is_beside = (mask[corner[:, 1] // 2, corner[:, 0] // 2] != 0 for corner in (below, beside))
    is_inner = is_cut & (is_below | is_beside)
    found = np.where(is_inner[:, None], np.where(is_below[:, None], below, beside), points)
    is_kept = ~np.roll(is_inner, 1)  # the other end of a cut goes
    is_kept[starts] = ~is_inner[ends - 1]
    return np.split(found[is_kept], np.cumsum(is_kept)[ends - 1][:-1])


class _Cut(NamedTuple):
    """The way from a polygon to another one. distance: its square; corner: (2,), of the first; start: of the other."""

    distance: int
    corner: NDArray[np.int32]
    start: int


def _nearest(outline: NDArray[np.int32], contour: NDArray[np.int32]) -> _Cut:
    """Return the shortest cut between corners of two polygons."""
    across, down = (outline[:, axis, None] - contour[:, axis] for axis in (0, 1))
    distances = across * across + down * down
    at, start = divmod(int(distances.argmin()), len(contour))
    return _Cut(int(distances[at, start]), outline[at], start)


def _joined_by(cut: _Cut, outline: NDArray[np.int32], contour: NDArray[np.int32]) -> NDArray[np.int32]:
    """Join a contour to an outline by a cut that is walked there and back."""
    at = int((outline == cut.corner).all(axis=1).argmax())
    around = np.roll(contour, -cut.start, axis=0)
    return np.concatenate([outline[: at + 1], around, around[:1], outline[at:]])


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
    return _joined_by(_Cut(0, outline[at], start), outline, hole)
