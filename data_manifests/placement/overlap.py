"""What is seen of several cut-outs in one picture: those that are pasted later cover those before.

Of the alpha a of a cut-out remains round(a·(255 − c) / 255), half up, under each later one of alpha c, in the order in
which they are pasted. An instance is seen at a pixel where at least 128 remains of it: never two at one pixel, for
under an alpha of 128 or more at most 127 remains. So whoever has the cut-outs and their boxes can say, to the byte,
which instance is seen where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8
from bgfg.data_manifests.placement.placements import within_frame
from numpy.typing import NDArray


@dataclass(frozen=True)
class Patch:
    """What of a cut-out lies in the frame. rows, columns: where; alpha_u8: (rows, columns) uint8."""

    rows: slice
    columns: slice
    alpha_u8: NDArray[np.uint8]

    @classmethod
    def of(cls, alpha_u8: NDArray[np.uint8], x: int, y: int, height_px: int, width_px: int) -> Patch:
        """Cut (h, w) uint8 whose top-left corner is at (x, y) to the frame."""
        h, w = alpha_u8.shape
        (rows, columns), part = within_frame(x, y, w, h, width_px, height_px)
        return cls(rows, columns, alpha_u8[part])


def covered(patches: Sequence[Patch]) -> list[NDArray[np.uint8]]:
    """Return what remains of the alpha of each, in the order of pasting; the same array where nothing covers it."""
    remaining = []
    for number, patch in enumerate(patches):
        alpha_u8 = patch.alpha_u8
        for later in patches[number + 1 :]:
            rows, columns = _common(patch.rows, later.rows), _common(patch.columns, later.columns)
            if rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            if alpha_u8 is patch.alpha_u8:
                alpha_u8 = alpha_u8.copy()
            under, over = _within(patch, rows, columns), _within(later, rows, columns)
            alpha_u8[under] = scaled(alpha_u8[under], later.alpha_u8[over])
        remaining.append(alpha_u8)
    return remaining


def scaled(alpha_u8: NDArray[np.uint8], cover_u8: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return round(a·(255 − c) / 255), half up, of uint8 arrays of one shape; exact, as in `synth/compose/blend`."""
    product = (255 - cover_u8).astype(np.uint16)
    product *= alpha_u8
    product += 128
    product += product >> 8
    product >>= 8
    return product


def seen_px(alpha_u8: NDArray[np.uint8]) -> int:
    """Count the pixels at which at least 128 is left."""
    return int(np.count_nonzero(alpha_u8 >= OPAQUE_U8))


def _common(one: slice, other: slice) -> slice:
    return slice(max(one.start, other.start), min(one.stop, other.stop))


def _within(patch: Patch, rows: slice, columns: slice) -> tuple[slice, slice]:
    top, left = patch.rows.start, patch.columns.start
    return slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
