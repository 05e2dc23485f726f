"""Which pixels of a mask are set, whatever its values are: 0 and 1, 0 and 255, 16 bits, colours, alpha."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.label_picture import read_label_picture
from bgfg.data_manifests.images.light import brightest_channel
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.pixels import MODES_U16, LoadedPicture
from bgfg.data_manifests.images.strips import row_strips

BoolMask = NDArray[np.bool_]


def read_set_pixels(path: Path) -> BoolMask:
    """Return which pixels of a mask are set, (H, W) bool; raise PictureError where it can't be read."""
    return set_pixels(path, read_picture(path))


def set_pixels(path: Path, seen: LoadedPicture) -> BoolMask:
    """Return which pixels of a mask are set.

    Of two values the higher one is set where the other is 0; of more, those from half of the range on: 128 of 255, or
    half of the highest where none reaches that.

    Args:
        path: Its file, which is read again where it has 16 bits: labels of 1 or 255 are lost in 8.
        seen: What was read of it.

    Returns:
        (H, W) bool.
    """
    values = read_label_picture(path).values if seen.mode in MODES_U16 else seen.pixels
    levels_of = _levels_of(values)
    # Strip by strip, since a mask may have hundreds of megapixels.
    strips = list(row_strips(len(values), values[:1].size))
    highest = max(int(levels_of(values[rows]).max()) for rows in strips)
    if all(_are_two(levels_of(values[rows]), highest) for rows in strips):
        least = max(1, highest)
    else:
        least = OPAQUE_U8 if OPAQUE_U8 <= highest <= 255 else (highest + 1) // 2
    found = np.empty(values.shape[:2], bool)
    for rows in strips:
        np.greater_equal(levels_of(values[rows]), least, out=found[rows])
    return found


def _levels_of(values: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return what gives the levels (h, w) of some rows: the brightest colour, or alpha where that alone varies."""
    if values.ndim == 2:
        return lambda rows: rows
    if values.shape[2] == 4 and _alpha_alone_varies(values):
        return lambda rows: rows[..., 3]
    return brightest_channel


def _are_two(levels: NDArray[Any], highest: int) -> bool:
    return bool(((levels == 0) | (levels == highest)).all())


def _alpha_alone_varies(rgba: NDArray[np.uint8]) -> bool:
    """Say whether a picture (H, W, 4) has transparency, and one level wherever something is visible."""
    if rgba[..., 3].min() == 255:
        return False
    lowest, highest = 255, 0
    for rows in row_strips(len(rgba), rgba[:1].size):
        brightest, visible = brightest_channel(rgba[rows]), rgba[rows, :, 3] > 0
        lowest = min(lowest, int(brightest.min(where=visible, initial=255)))
        highest = max(highest, int(brightest.max(where=visible, initial=0)))
    return lowest >= highest
