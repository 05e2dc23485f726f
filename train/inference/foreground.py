"""Foreground estimation: the person's own colours where the background shines through, so that edges don't carry it.

A pixel of the picture is alpha·F + (1 − alpha)·B. F is first guessed from the colours around, weighed by alpha (Forte,
"Approximate fast foreground colour estimation", ICIP 2021: two box blurs, a wide and a narrow one), then moved to where
the equation holds, by ridge regression whose weight falls to 0 where alpha is 1. `python -m benchmarks.foreground` has
the estimators of pymatting beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.strips import by_strips, row_strips
from bgfg.train.ops.mask_box import Box, box_around

# Widths of the two box filters: shares of the shorter side, and the least in pixels. The paper's are 90 and 6 of 800;
# narrower ones erred less on every picture measured, since the colours nearest to an edge are the likeliest.
_WIDE, _NARROW = 24 / 800, 4 / 800
_LEAST_WIDE_PX, _LEAST_NARROW_PX = 15, 3

# Power of alpha as the first weight of colours, so that mixed pixels hardly count where purer ones are near.
_PURITY = 4

# Weight of the first guess against the equation, which is more certain where the background is known.
_HOLD_GUESSED, _HOLD_KNOWN = 1.0, 0.3

_NEARLY_NOTHING = 1e-5

# Colours are estimated tile by tile: in floats, they take a hundred bytes a pixel, and many tiles need no estimate.
_TILE_PX = 512


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
    box = box_around(alpha, _wide_px(alpha))
    if box is None:
        return colours
    for tile, around in _tiles(box, _reach_px(min(alpha.shape))):
        if alpha[tile].max() == 0:
            continue
        if alpha[tile].min() == 1:  # nothing of the background shines through
            colours[tile] = picture[tile]
            continue
        inner = tuple(slice(t.start - a.start, t.stop - a.start) for t, a in zip(tile, around, strict=True))
        shots = (picture[around],) if background is None else (picture[around], background[around])
        for channel, found in enumerate(_estimated(shots, alpha[around], min(alpha.shape))):
            levels = np.asarray(cv2.convertScaleAbs(found), np.uint8)  # rounds; they are within 0..255
            colours[*tile, channel] = np.where(alpha[tile] > 0, levels[inner], 0)
    return colours


def alpha_to_u8(alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return alpha in 0..1 as levels 0..255."""
    return by_strips(alpha, lambda strip: np.round(np.clip(strip, 0, 1) * 255), np.uint8)


def blend(
    colours: NDArray[np.uint8] | NDArray[np.float32], alpha: NDArray[np.float32], background: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return colours over a background, (H, W, 3) in levels, as uint8, by alpha (H, W) in 0..1."""
    blended = background.copy()
    box = box_around(alpha)
    if box is None:
        return blended
    for rows in row_strips(box[0].stop - box[0].start, 3 * (box[1].stop - box[1].start)):
        part = slice(box[0].start + rows.start, box[0].start + rows.stop), box[1]
        share = cv2.merge([alpha[part]] * 3)  # of one shape, numpy multiplies several times as fast
        blended[part] = np.clip(np.round(colours[part] * share + background[part] * (1 - share)), 0, 255)
    return blended


def _estimated(
    shots: Sequence[NDArray[np.uint8]], alpha: NDArray[np.float32], shorter_px: int
) -> Iterator[NDArray[np.float32]]:
    """Yield the foreground of each channel, (h, w) in levels 0..255.

    Args:
        shots: The picture, and the background where it is known, (h, w, 3) each.
        alpha: (h, w) in 0..1.
        shorter_px: Shorter side of the whole picture.
    """
    rest = 1 - alpha
    is_known = len(shots) > 1
    certainty = alpha**2 + (_HOLD_KNOWN if is_known else _HOLD_GUESSED) * rest**2
    # First widely, from the purest colours; then narrowly, from what the first round found.
    rounds = list(zip(_widths_px(shorter_px), (_PURITY, 1), strict=True))
    fronts = [_WeightedMean(alpha**power, width_px) for width_px, power in rounds]
    backs = [None if is_known else _WeightedMean(rest**power, width_px) for width_px, power in rounds]
    for channel in range(3):
        # Channel by channel: numpy is several times as fast on arrays of one shape.
        picture, back = (shot[..., channel].astype(np.float32) for shot in (shots[0], shots[-1]))
        front = picture
        for front_mean, back_mean in zip(fronts, backs, strict=True):
            front = front_mean.of(front)
            back = back if back_mean is None else back_mean.of(back)
            # What the blend lacks of the picture goes to the foreground, by ridge regression.
            missing = picture - alpha * front - rest * back
            front = np.clip(front + missing * alpha / certainty, 0, 255)
        yield front


class _WeightedMean:
    """Weighted mean of what is around each pixel, within a box of `width_px`; weights (h, w)."""

    def __init__(self, weight: NDArray[np.float32], width_px: float) -> None:
        self._weight, self._size = weight, (2 * _half_px(width_px) + 1,) * 2
        self._total = cv2.blur(weight, self._size) + _NEARLY_NOTHING

    def of(self, levels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the means of (h, w)."""
        return np.asarray(cv2.blur(levels * self._weight, self._size) / self._total, np.float32)


def _widths_px(shorter_px: int) -> tuple[float, float]:
    """Return the widths of the two box filters in a picture whose shorter side is so long."""
    return max(_LEAST_WIDE_PX, _WIDE * shorter_px), max(_LEAST_NARROW_PX, _NARROW * shorter_px)


def _half_px(width_px: float) -> int:
    return round(width_px / 2)


def _reach_px(shorter_px: int) -> int:
    """Return how far around a pixel both filters see, one after the other."""
    return sum(map(_half_px, _widths_px(shorter_px)))


def _tiles(box: Box, reach_px: int) -> Iterator[tuple[Box, Box]]:
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
