"""The shape that a mask shows, held to the alpha of its cut-out: at any size and place, cut by the frame or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8
from numpy.typing import NDArray

MIN_IOU = 0.9
# Of figures that were resized or stand behind something: how much of both agrees, but for a pixel at the edge. People
# 20 to 80 pixels high on the floors of rooms have 0.95 at least; another cut-out, or the mirrored one, mostly 0.4..0.9.
MIN_TOLERANT = 0.94
_NEIGHBOURS = np.ones((3, 3), np.uint8)
_LARGEST_SCALE = 3.0  # of a figure of which the frame may have cut anything away
_SCALES = 24

Shape = NDArray[np.bool_]


class Match(NamedTuple):
    """How well a mask agrees with a figure: the IoU, and whether it will do."""

    iou: float
    agrees: bool


def opaque_box(alpha_u8: NDArray[np.uint8]) -> Shape | None:
    """Return what is opaque of (H, W) uint8, (h, w) bool, cut to its box; None where nothing is."""
    opaque = alpha_u8 >= OPAQUE_U8
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    return opaque[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def in_place(one: Shape, other: Shape) -> Match:
    """Compare two shapes, (H, W) bool, pixel by pixel."""
    union = int((one | other).sum())
    iou = float((one & other).sum() / union) if union else 1.0
    return Match(iou, iou >= MIN_IOU)


def anywhere(mask_u8: NDArray[np.uint8], figure: Shape) -> Match:
    """Compare what a mask shows, (H, W) uint8, with a figure cut to its box, (h, w) bool, wherever it was pasted.

    Both are brought to one size. Where the shape reaches an edge of the frame, of which the figure may hang out, the
    best of what may be left of it counts; but nobody reaches all four.
    """
    shape = opaque_box(mask_u8)
    if shape is None:
        return Match(0.0, agrees=False)
    best, left = max(((in_place(shape, some).iou, some) for some in _left_of(figure, mask_u8, shape)), key=_first)
    resized = np.abs(np.subtract(shape.shape, figure.shape)).max() > 1
    return Match(best, best >= MIN_IOU or bool(resized and _tolerant(shape, left) >= MIN_TOLERANT))


def _first(pair: tuple[float, Shape]) -> float:
    return pair[0]


def _left_of(figure: Shape, mask_u8: NDArray[np.uint8], shape: Shape) -> Iterator[Shape]:
    """Yield what may be seen of a figure in the box of a shape, of which the frame cuts away what reaches its edges."""
    (height_px, width_px), size = shape.shape, np.array(figure.shape)
    yield _resized(figure, height_px, width_px)
    opaque = mask_u8 >= OPAQUE_U8
    vertical = bool(opaque[0].any()), bool(opaque[-1].any())
    horizontal = bool(opaque[:, 0].any()), bool(opaque[:, -1].any())
    if not any((*vertical, *horizontal)) or all((*vertical, *horizontal)):
        return
    least = float(max(np.array(shape.shape) / size))
    for scale in np.geomspace(least, least * _LARGEST_SCALE, _SCALES):
        rows, columns = np.round(size * scale).astype(int).tolist()
        scaled = _resized(figure, max(rows, height_px), max(columns, width_px))
        for y in _offsets(rows - height_px, *vertical) if any(vertical) else ():
            band = scaled[y : y + height_px]
            for x in _offsets(columns - width_px, *horizontal) if any(horizontal) else ():
                yield band[:, x : x + width_px]
            yield from _filling(band, height_px, width_px)
        for x in _offsets(columns - width_px, *horizontal) if any(horizontal) else ():
            yield from _filling(scaled[:, x : x + width_px], height_px, width_px)


def _filling(part: Shape, height_px: int, width_px: int) -> Iterator[Shape]:
    """Yield what is seen of a part of a figure, cut to its box, brought to the size of a shape."""
    box = opaque_box(np.where(part, 255, 0).astype(np.uint8))
    if box is not None:
        yield _resized(box, height_px, width_px)


def _offsets(hidden: int, at_start: bool, at_end: bool) -> tuple[int, ...]:
    """Return where the seen part of a figure may begin, if `hidden` pixels of it are beyond the edges it reaches."""
    hidden = max(hidden, 0)
    if at_start and at_end:
        return (0, hidden // 2, hidden)
    return (hidden,) if at_start else (0,)


def _resized(figure: Shape, height_px: int, width_px: int) -> Shape:
    scaled = cv2.resize(figure.astype(np.float32), (width_px, height_px), interpolation=cv2.INTER_AREA)
    return np.asarray(scaled >= 0.5)


def _tolerant(one: Shape, other: Shape) -> float:
    """Return how much of the union of two shapes agrees, where a pixel at the edge doesn't count."""
    a, b = np.pad(one, 1), np.pad(other, 1)
    wrong = int((a & ~_grown(b)).sum()) + int((b & ~_grown(a)).sum())
    return 1 - wrong / int((a | b).sum())


def _grown(shape: Shape) -> Shape:
    return np.asarray(cv2.dilate(shape.astype(np.uint8), _NEIGHBOURS) > 0)
