"""Which pixels of a mask are set, whatever its values are: 0 and 1, 0 and 255, 16 bits, colours, alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_io import read_picture
from bgfg.data_manifests.images.label_picture import read_label_picture
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.pixels import MODES_U16, LoadedPicture
from bgfg.data_manifests.images.strips import holds_everywhere

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
    levels = read_label_picture(path).values if seen.mode in MODES_U16 else _levels(seen.pixels)
    highest = int(levels.max())
    if highest == 0:
        return np.zeros(levels.shape, bool)
    if holds_everywhere(levels, lambda strip: (strip == 0) | (strip == highest)):
        return np.asarray(levels > 0)
    half = OPAQUE_U8 if OPAQUE_U8 <= highest <= 255 else (highest + 1) // 2
    return np.asarray(levels >= half)


def _levels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the levels of a mask: its brightest colour, or its alpha where that alone varies."""
    # Channel by channel, since NumPy's maximum along so short an axis takes many times as long.
    colours = np.maximum(pixels[..., 0], pixels[..., 1])
    np.maximum(colours, pixels[..., 2], out=colours)
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        visible = pixels[..., 3] > 0
        lowest = colours.min(where=visible, initial=255)
        if lowest >= colours.max(where=visible, initial=0):  # one level, or nothing is visible
            return pixels[..., 3]
    return np.asarray(colours)
