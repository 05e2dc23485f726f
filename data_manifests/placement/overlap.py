"""Visibility of several cut-outs in one sample: those pasted later cover those before.

Of the alpha a of a cut-out remains round(a·(255 − c) / 255), half up, under each later one of alpha c, in the order in
which they are pasted. An instance is visible at a pixel where at least 128 remains of it: never two at one pixel, for
under an alpha of 128 or more at most 127 remains. So whoever has the cut-outs and their boxes can say, to the byte,
which instance is visible where.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.frame_geometry import clip_to_frame


@dataclass(frozen=True)
class AlphaPatch:
    """The part of a cut-out's alpha that lies within the frame.

    Attributes:
        rows: Rows of the frame that it takes.
        columns: Columns of the frame that it takes.
        alpha_u8: (rows, columns) uint8.
    """

    rows: slice
    columns: slice
    alpha_u8: NDArray[np.uint8]

    @classmethod
    def clip(cls, alpha_u8: NDArray[np.uint8], x: int, y: int, height_px: int, width_px: int) -> AlphaPatch:
        """Clip (h, w) uint8 whose top-left corner is at (x, y) to a frame of the given height and width."""
        h, w = alpha_u8.shape
        (rows, columns), part = clip_to_frame(x, y, w, h, width_px, height_px)
        return cls(rows, columns, alpha_u8[part])


def remaining_alphas(patches: Sequence[AlphaPatch]) -> list[NDArray[np.uint8]]:
    """Return what remains of each alpha under the later ones.

    Args:
        patches: In the order of pasting.

    Returns:
        An array like `alpha_u8` for each patch; that very array where nothing covers it.
    """
    return [remaining_alpha(patch, patches[number + 1 :]) for number, patch in enumerate(patches)]


def remaining_alpha(patch: AlphaPatch, later: Iterable[AlphaPatch]) -> NDArray[np.uint8]:
    """Return what remains of an alpha under later ones, in their order; that very array where nothing covers it."""
    alpha_u8 = patch.alpha_u8
    for cover in later:
        rows, columns = _intersection(patch.rows, cover.rows), _intersection(patch.columns, cover.columns)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            continue
        if alpha_u8 is patch.alpha_u8:
            alpha_u8 = alpha_u8.copy()
        under, over = _within(patch, rows, columns), _within(cover, rows, columns)
        alpha_u8[under] = attenuated_alpha(alpha_u8[under], cover.alpha_u8[over])
    return alpha_u8


def attenuated_alpha(alpha_u8: NDArray[np.uint8], cover_u8: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return round(a·(255 − c) / 255), half up, of two uint8 arrays of one shape."""
    product = (255 - cover_u8).astype(np.uint16)
    product *= alpha_u8
    # Exact division by 255 without dividing, as in `synth/compose/blend`.
    product += 128
    product += product >> 8
    product >>= 8
    return product


def count_opaque_px(alpha_u8: NDArray[np.uint8]) -> int:
    """Count the pixels at which alpha is at least 128."""
    return int(np.count_nonzero(alpha_u8 >= OPAQUE_U8))


def _intersection(one: slice, other: slice) -> slice:
    return slice(max(one.start, other.start), min(one.stop, other.stop))


def _within(patch: AlphaPatch, rows: slice, columns: slice) -> tuple[slice, slice]:
    """Return rows and columns of the frame as rows and columns of a patch."""
    top, left = patch.rows.start, patch.columns.start
    return slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
