"""Foreground estimation: the person's own colours where the background shines through, so that edges don't carry it.

A pixel of the picture is alpha·F + (1 − alpha)·B. F is first guessed from the colours around, weighed by alpha (Forte,
"Approximate fast foreground colour estimation", ICIP 2021: two box blurs, a wide and a narrow one), then moved to where
the equation holds, by ridge regression whose weight falls to 0 where alpha is 1. `python -m benchmarks.foreground` has
the estimators of pymatting beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.strips import by_strips, row_strips

# Widths of the two box filters: shares of the shorter side, and the least in pixels. The paper's are 90 and 6 of 800;
# narrower ones erred less on every picture measured, since the colours nearest to an edge are the likeliest.
_WIDE, _NARROW = 24 / 800, 4 / 800
_LEAST_WIDE_PX, _LEAST_NARROW_PX = 15, 3

# Power of alpha as the first weight of colours, so that mixed pixels hardly count where purer ones are near.
_PURITY = 4

# Weight of the first guess against the equation, which is more certain where the background is known.
_HOLD_GUESSED, _HOLD_KNOWN = 1.0, 0.3

_NEARLY_NOTHING = 1e-5

# Colours are estimated tile by tile: in floats, they take a hundred bytes a pixel.
_TILE_PX = 1024

# Rows and columns.
_Box = tuple[slice, slice]


def estimate_foreground(
    picture: NDArray[np.uint8], alpha: NDArray[np.float32], background: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return the person's own colours, (H, W, 3) uint8 RGB, 0 where nothing of the person is.

    Args:
        picture: (H, W, 3) uint8 RGB.
        alpha: (H, W) in 0..1.
        background: The empty scene, (H, W, 3) uint8 RGB; None: it is guessed like the person.
    """
    colours = np.zeros_like(picture)
    # Only where the person is, and as far around as the wider filter sees.
    box = _box(alpha, _wide_px(alpha))
    if box is None:
        return colours
    for tile, around in _tiles(box, _reach_px(min(alpha.shape))):
        behind = None if background is None else background[around].astype(np.float32)
        found = _estimated(picture[around].astype(np.float32), alpha[around], behind, min(alpha.shape))
        found = found[tuple(slice(t.start - a.start, t.stop - a.start) for t, a in zip(tile, around, strict=True))]
        colours[tile] = np.where(alpha[tile][..., None] > 0, np.clip(np.round(found), 0, 255), 0)
    return colours


def alpha_to_u8(alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return alpha in 0..1 as levels 0..255."""
    return by_strips(alpha, lambda strip: np.round(np.clip(strip, 0, 1) * 255), np.uint8)


def blend(
    colours: NDArray[np.uint8] | NDArray[np.float32], alpha: NDArray[np.float32], background: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return colours over a background, (H, W, 3) in levels, as uint8, by alpha (H, W) in 0..1."""
    blended = np.empty(colours.shape, np.uint8)
    for rows in row_strips(len(colours), colours[:1].size):
        share = alpha[rows][..., None]
        blended[rows] = np.clip(np.round(colours[rows] * share + background[rows] * (1 - share)), 0, 255)
    return blended


def _estimated(
    picture: NDArray[np.float32], alpha: NDArray[np.float32], behind: NDArray[np.float32] | None, shorter_px: int
) -> NDArray[np.float32]:
    """Return the foreground (h, w, 3) in levels; shorter_px: shorter side of the whole picture."""
    share = alpha[..., None]
    front, back, hold = (picture, picture, _HOLD_GUESSED) if behind is None else (picture, behind, _HOLD_KNOWN)
    # First widely, from the purest colours; then narrowly, from what the first round found.
    for width_px, power in zip(_widths_px(shorter_px), (_PURITY, 1), strict=True):
        front = _mean(front, alpha**power, width_px)
        if behind is None:
            back = _mean(back, (1 - alpha) ** power, width_px)
        # What the blend lacks of the picture goes to the foreground, by ridge regression.
        missing = picture - share * front - (1 - share) * back
        front = np.clip(front + missing * share / (share**2 + hold * (1 - share) ** 2), 0, 255)
    return front


def _mean(colours: NDArray[np.float32], weight: NDArray[np.float32], width_px: float) -> NDArray[np.float32]:
    """Return the weighted mean of the colours around each pixel."""
    size = (2 * _half_px(width_px) + 1,) * 2
    total = cv2.blur(colours * weight[..., None], size)
    return np.asarray(total / (cv2.blur(weight, size)[..., None] + _NEARLY_NOTHING), np.float32)


def _widths_px(shorter_px: int) -> tuple[float, float]:
    """Return the widths of the two box filters in a picture whose shorter side is so long."""
    return max(_LEAST_WIDE_PX, _WIDE * shorter_px), max(_LEAST_NARROW_PX, _NARROW * shorter_px)


def _half_px(width_px: float) -> int:
    return round(width_px / 2)


def _reach_px(shorter_px: int) -> int:
    """Return how far around a pixel both filters see, one after the other."""
    return sum(map(_half_px, _widths_px(shorter_px)))


def _tiles(box: _Box, reach_px: int) -> Iterator[tuple[_Box, _Box]]:
    """Yield the tiles of a box, each with what of the box is no farther from it."""
    rows, columns = box
    for top in range(rows.start, rows.stop, _TILE_PX):
        for left in range(columns.start, columns.stop, _TILE_PX):
            tile = slice(top, min(top + _TILE_PX, rows.stop)), slice(left, min(left + _TILE_PX, columns.stop))
            around = tuple(
                slice(max(whole.start, part.start - reach_px), min(whole.stop, part.stop + reach_px))
                for whole, part in zip(box, tile, strict=True)
            )
            yield tile, (around[0], around[1])


def _wide_px(alpha: NDArray[np.float32]) -> int:
    return int(max(_LEAST_WIDE_PX, _WIDE * min(alpha.shape))) + 1


def _box(alpha: NDArray[np.float32], margin_px: int) -> _Box | None:
    """Return the part of the frame that shows anything of the person, and a margin; None where there is nothing."""
    rows, columns = (np.flatnonzero(alpha.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    (top, bottom), (left, right) = ((places[0], places[-1] + 1) for places in (rows, columns))
    return (
        slice(max(0, top - margin_px), min(bottom + margin_px, alpha.shape[0])),
        slice(max(0, left - margin_px), min(right + margin_px, alpha.shape[1])),
    )
