"""Shots of which one is grey and the other in colour: networks that compare them find people badly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Channels that differ by so many levels at most are those of a grey picture that was converted.
_ROUNDING = 2
# Of a picture in colour so sparse a grid shows it nearly always, and the rest need not be looked at.
_GRID_PX, _STRIP_PX = 16, 64


def grey_remark(picture: NDArray[np.uint8], background: NDArray[np.uint8]) -> str:
    """Return in words that one of two shots (H, W, 3) uint8 RGB is grey and the other isn't; "" if they are alike."""
    grey = is_grey(picture)
    if grey == is_grey(background):
        return ""
    differ = "grey, but its background is in colour" if grey else "in colour, but its background is grey"
    return f"{differ}, and people are found badly: give both in colour, or both grey"


def is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Say whether red, green and blue of a picture (H, W, 3) uint8 are the same throughout."""
    sparse = pixels[::_GRID_PX, ::_GRID_PX]
    strips = (pixels[top : top + _STRIP_PX] for top in range(0, len(pixels), _STRIP_PX))
    return _has_one_level(sparse) and all(map(_has_one_level, strips))


def _has_one_level(pixels: NDArray[np.uint8]) -> bool:
    red, green, blue = (pixels[..., channel] for channel in range(3))
    highest, lowest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return bool((highest - lowest <= _ROUNDING).all())
