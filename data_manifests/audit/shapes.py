"""Comparison of the shape of a mask with that of its cut-out: at any size and place, cut by the frame or not.

The cut-out's shape is tried in the box of the mask's shape: whole, and where the mask reaches an edge of the frame,
also enlarged and shifted so that a part of it lies beyond.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8

MIN_IOU = 0.9
# Least agreement, but for a pixel at the edge, of shapes that were resized or stand behind something. People 20 to 80
# pixels high on the floors of rooms have 0.95 at least; another cut-out, or the mirrored one, mostly 0.4..0.9.
MIN_TOLERANT = 0.94
_NEIGHBOURS = np.ones((3, 3), np.uint8)
_LARGEST_SCALE = 3.0  # most that a shape is enlarged by, of which the frame may have cut anything away
_SCALES = 24

BoolMask = NDArray[np.bool_]


class ShapeMatch(NamedTuple):
    """How well a mask agrees with a shape.

    Attributes:
        iou: Intersection over union.
        agrees: Whether it is good enough.
    """

    iou: float
    agrees: bool


def opaque_box(alpha_u8: NDArray[np.uint8]) -> BoolMask | None:
    """Return what is opaque of (H, W) uint8, cropped to its box, (h, w) bool; None where nothing is."""
    return cropped(alpha_u8 >= OPAQUE_U8)


def cropped(shape: BoolMask) -> BoolMask | None:
    """Return a shape (H, W) bool cropped to its box, (h, w); None where nothing is set."""
    rows, columns = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
    return shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def match_in_place(one: BoolMask, other: BoolMask) -> ShapeMatch:
    """Compare two shapes, (H, W) bool, pixel by pixel."""
    union = np.count_nonzero(one | other)
    iou = np.count_nonzero(one & other) / union if union else 1.0
    return ShapeMatch(iou, iou >= MIN_IOU)


def match_nearby(one: BoolMask, other: BoolMask) -> ShapeMatch:
    """Compare two shapes, (H, W) bool, pixel by pixel, and where they disagree, also shifted by a pixel to any side."""
    in_place = match_in_place(one, other)
    if in_place.agrees:
        return in_place
    padded, height_px, width_px = np.pad(one, 1), *one.shape
    shifts = [(y, x) for y in range(3) for x in range(3)]
    return max((match_in_place(padded[y : y + height_px, x : x + width_px], other) for y, x in shifts), key=_iou)


def _iou(match: ShapeMatch) -> float:
    return match.iou


# Of a mask with a longer side every so many pixels are compared, since its cut-out is tried at many sizes.
_MOST_SIDE_PX = 4096


def match_anywhere(mask: BoolMask, figure: BoolMask) -> ShapeMatch:
    """Compare what a mask shows with the shape of a cut-out, wherever it was pasted and at whatever size.

    Where the mask's shape reaches an edge of the frame, the cut-out may hang over it: the best of what may be left of
    it counts. A shape that reaches all four edges is taken for whole.

    Args:
        mask: (H, W) bool.
        figure: Shape of the cut-out, cropped to its box, (h, w) bool.

    Returns:
        The best match.
    """
    step = -(-max(mask.shape) // _MOST_SIDE_PX)
    mask = mask[::step, ::step]
    shape = cropped(mask)
    if shape is None:
        return ShapeMatch(0.0, agrees=False)
    best, left = max(
        ((match_in_place(shape, some).iou, some) for some in _visible_parts(figure, mask, shape)), key=_iou_of
    )
    resized = np.abs(np.subtract(shape.shape, figure.shape)).max() > 1
    return ShapeMatch(best, best >= MIN_IOU or bool(resized and _tolerant_agreement(shape, left) >= MIN_TOLERANT))


def _iou_of(pair: tuple[float, BoolMask]) -> float:
    return pair[0]


def _visible_parts(figure: BoolMask, mask: BoolMask, shape: BoolMask) -> Iterator[BoolMask]:
    """Yield what may be left of a figure in the box of a shape, given which edges of the frame the shape reaches."""
    (height_px, width_px), size = shape.shape, np.array(figure.shape)
    yield _resized(figure, height_px, width_px)
    vertical = bool(mask[0].any()), bool(mask[-1].any())
    horizontal = bool(mask[:, 0].any()), bool(mask[:, -1].any())
    if not any((*vertical, *horizontal)) or all((*vertical, *horizontal)):
        return
    # The whole figure is at least as large as its visible part, and in steps up to three times as large.
    least = float(max(np.array(shape.shape) / size))
    for scale in np.geomspace(least, least * _LARGEST_SCALE, _SCALES):
        rows, columns = np.round(size * scale).astype(int).tolist()
        scaled = _resized(figure, max(rows, height_px), max(columns, width_px))
        for y in _offsets(rows - height_px, *vertical) if any(vertical) else ():
            band = scaled[y : y + height_px]
            for x in _offsets(columns - width_px, *horizontal) if any(horizontal) else ():
                yield band[:, x : x + width_px]
            yield from _filled_to_box(band, height_px, width_px)
        for x in _offsets(columns - width_px, *horizontal) if any(horizontal) else ():
            yield from _filled_to_box(scaled[:, x : x + width_px], height_px, width_px)


def _filled_to_box(part: BoolMask, height_px: int, width_px: int) -> Iterator[BoolMask]:
    """Yield a part of a figure, cropped to the box of what is set in it, at the size of a shape."""
    box = cropped(part)
    if box is not None:
        yield _resized(box, height_px, width_px)


def _offsets(hidden: int, at_start: bool, at_end: bool) -> tuple[int, ...]:
    """Return where the visible part of a figure may begin, if `hidden` pixels of it are beyond the edges it reaches."""
    hidden = max(hidden, 0)
    if at_start and at_end:
        return (0, hidden // 2, hidden)
    return (hidden,) if at_start else (0,)


def _resized(figure: BoolMask, height_px: int, width_px: int) -> BoolMask:
    scaled = cv2.resize(figure.astype(np.float32), (width_px, height_px), interpolation=cv2.INTER_AREA)
    return np.asarray(scaled >= 0.5)


def _tolerant_agreement(one: BoolMask, other: BoolMask) -> float:
    """Return the share of the union of two shapes in which they agree, differences of one pixel at an edge aside."""
    a, b = np.pad(one, 1), np.pad(other, 1)
    wrong = int((a & ~_dilated(b)).sum()) + int((b & ~_dilated(a)).sum())
    return 1 - wrong / int((a | b).sum())


def _dilated(shape: BoolMask) -> BoolMask:
    return np.asarray(cv2.dilate(shape.astype(np.uint8), _NEIGHBOURS) > 0)
