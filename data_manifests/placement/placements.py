"""Sample index <-> ids, boxes in the frame, and the keyed draw of positions: the corpus's only dice.

Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011),
gives every (seed, b, f, k) its own four words, so a sample's placement depends on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RULES = ("random", "grid", "perspective")

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)

# The original exercise's corners (28 i, 28 j) on 224 pixels: eighths of the frame, rows from the bottom up.
_GRID_EIGHTHS = [(i, j) for j in (4, 3, 2, 1) for i in (0, 1, 2, 3, 4)]
GRID_PLACEMENTS = len(_GRID_EIGHTHS)


@dataclass(frozen=True)
class Index:
    """The arithmetic of samples: i = (b·F + f)·K + k.

    backgrounds: B; cutouts: F, flips counted; placements: K.
    """

    backgrounds: int
    cutouts: int
    placements: int

    def __len__(self) -> int:
        return self.backgrounds * self.cutouts * self.placements

    def sample(self, b: int, f: int, k: int) -> int:
        """Return the index of placement `k` of cut-out `f` on background `b`."""
        return (b * self.cutouts + f) * self.placements + k

    def ids(self, sample: int) -> tuple[int, int, int]:
        """Return (b, f, k) of a sample index in 0..N-1."""
        block, k = divmod(sample, self.placements)
        b, f = divmod(block, self.cutouts)
        return b, f, k


def draw_background(
    rule: str,
    seed: int,
    b: int,
    sizes_px: NDArray[np.int32],
    placements: int,
    height_px: int,
    width_px: int,
) -> NDArray[np.int32]:
    """Place every cut-out K times on background `b`.

    rule: "random" (uniform over the positions wholly inside the frame) or "grid" (fixed corners; what hangs over the
    frame is cut off when composing).
    sizes_px: (F, 2) int32, height and width of each cut-out, at most the frame's.
    Returns (F, K, 4) int32: x, y, width, height in pixels; (x, y) is the top-left corner.
    """
    boxes = np.empty((len(sizes_px), placements, 4), np.int32)
    boxes[..., 2] = sizes_px[:, None, 1]
    boxes[..., 3] = sizes_px[:, None, 0]
    if rule == "grid":
        eighths = np.array(_GRID_EIGHTHS[:placements])
        boxes[..., 0] = eighths[:, 0] * width_px // 8
        boxes[..., 1] = eighths[:, 1] * height_px // 8
        return boxes
    f, k = np.meshgrid(np.arange(len(sizes_px)), np.arange(placements), indexing="ij")
    words = philox4x32(np.stack([k, f, np.full_like(k, b), np.zeros_like(k)], axis=-1), seed)
    positions = np.stack([width_px - boxes[..., 2] + 1, height_px - boxes[..., 3] + 1], axis=-1).astype(np.uint64)
    # Multiply-shift maps a 32-bit word onto n positions; for n below 2^16 no position's share is off by 1 in 65,536.
    boxes[..., :2] = (words[..., :2] * positions) >> _HALF
    return boxes


def fitted_size(
    full_height_px: int, full_width_px: int, height_px: int, frame_height_px: int, frame_width_px: int
) -> tuple[int, int]:
    """Return the height and width in px to which a cut-out of the full size is prepared: `height_px`
    high, or less so that it lies wholly inside the frame."""
    scale = min(height_px / full_height_px, frame_height_px / full_height_px, frame_width_px / full_width_px)
    return max(1, round(full_height_px * scale)), max(1, round(full_width_px * scale))


def within_frame(
    x: int, y: int, w: int, h: int, width_px: int, height_px: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Cut a w × h box at (x, y) to the frame: its rows and columns in the frame, and the same in the box.

    A box wholly outside gives empty slices.
    """
    rows, columns = slice(max(y, 0), min(y + h, height_px)), slice(max(x, 0), min(x + w, width_px))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return (slice(0, 0), slice(0, 0)), (slice(0, 0), slice(0, 0))
    return (rows, columns), (slice(rows.start - y, rows.stop - y), slice(columns.start - x, columns.stop - x))


def philox4x32(counter: NDArray[np.integer], key: int) -> NDArray[np.uint64]:
    """Philox4x32-10 of counters (..., 4), each word in 0..2^32-1, under a 64-bit key; (..., 4) uint64 words below 2^32.

    Source: Salmon et al. 2011, Random123; tested against its known answers.
    """
    x0, x1, x2, x3 = np.moveaxis(counter.astype(np.uint64) & _LOW, -1, 0)
    for r in range(10):
        key0 = np.uint64((key + r * _WEYL[0]) & 0xFFFFFFFF)
        key1 = np.uint64(((key >> 32) + r * _WEYL[1]) & 0xFFFFFFFF)
        a, b = x0 * _MULTIPLIERS[0], x2 * _MULTIPLIERS[1]
        x0, x1, x2, x3 = (b >> _HALF) ^ x1 ^ key0, b & _LOW, (a >> _HALF) ^ x3 ^ key1, a & _LOW
    return np.stack([x0, x1, x2, x3], axis=-1)
