"""Values of masks: what of a picture is the mask, and how a value is written as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.images.strips import by_strips
from bgfg.train.folders.mask_statistics import TRANSPARENT, MaskStatistics, grey_of, pack_colours

# What a mask's values are: grey levels or palette indices as they are stored; levels, of palettes too; colours; alpha.
NUMBERS, LEVELS, COLOURS, ALPHA = "numbers", "levels", "colours", "alpha"

# A grey level times this is its colour.
_GREY = 0x010101


class UnreadableMask(Exception):
    """Raised for a mask that can't be read as the others are; its message says why."""


def pixel_values(picture: LabelPicture, source: str, full_level: int | None, alpha: bool) -> NDArray[Any]:
    """Return the values of a mask's pixels.

    Args:
        picture: The mask as it is stored.
        source: What values are: NUMBERS, LEVELS, COLOURS or ALPHA.
        full_level: The level of full coverage in files of 16 bits, by which they are scaled to 0..255; None for none.
        alpha: Whether an alpha channel is the mask even where it is opaque everywhere.

    Returns:
        (H, W), of an unsigned type.

    Raises:
        UnreadableMask: They are of another kind than `source` says.
    """
    stored = picture.values
    if picture.palette is not None:
        return _of_palette(stored, picture.palette, source)
    if stored.ndim == 2:
        return _of_grey(on_one_scale(stored, full_level) if picture.floats else stored, source, full_level)
    has_alpha = stored.shape[2] == 4
    if source == COLOURS:
        return pack_colours(stored)
    if source == ALPHA and has_alpha and (alpha or stored[..., 3].min() < 255):
        return stored[..., 3]
    grey = grey_of(stored)
    if grey is not None:
        return grey
    if source == ALPHA and has_alpha:
        return stored[..., 3]
    others = "alpha channels" if source == ALPHA else "grey"
    raise UnreadableMask(f"in colour, where the other masks are {others}")


def values_in(mask: MaskStatistics, source: str) -> Counter[int]:
    """Return how often each value occurs in a mask, where values are what `source` says; as stored, not yet scaled."""
    if mask.kind == "palette" and source != NUMBERS:
        return _recounted(mask.counts, {i: _palette_value(c, source, mask) for i, c in mask.palette.items()})
    if mask.kind == "grey" and source == COLOURS:
        return _recounted(mask.counts, {level: level * _GREY for level in mask.counts})
    if source == ALPHA and mask.alpha and mask.kind != "grey":
        return mask.alpha
    return mask.counts


def scale_level(level: Any, full_level: int) -> Any:
    """Return a level, or an array of them, brought from 0..full_level to 0..255, rounded half up."""
    scaled = (2 * level * 255 + full_level) // (2 * full_level)
    return np.minimum(scaled, 255) if isinstance(scaled, np.ndarray) else min(scaled, 255)


def on_one_scale(levels: NDArray[Any], full_level: int | None) -> NDArray[Any]:
    """Return the levels of a file of floating-point values, 0 and 1 where fractions of others were brought to a scale.

    Args:
        levels: As they are stored.
        full_level: The level of full coverage in the others; None where levels are taken as they stand.
    """
    return levels * levels.dtype.type(full_level) if full_level and levels.max(initial=0) <= 1 else levels


def format_value(value: int, colour: bool) -> str:
    """Return a value as text: a number, a colour such as #800000, or "transparent"."""
    if not colour:
        return str(value)
    return "transparent" if value == TRANSPARENT else f"#{value:06x}"


def parse_value(text: str) -> int:
    """Return the value that `format_value` made a text of."""
    if text == "transparent":
        return TRANSPARENT
    return int(text[1:], 16) if text.startswith("#") else int(text)


def is_grey(colour: int) -> bool:
    """Return whether a colour, 0xRRGGBB, is grey."""
    return colour < TRANSPARENT and colour == (colour & 255) * _GREY


def _of_grey(stored: NDArray[Any], source: str, full_level: int | None) -> NDArray[Any]:
    if source == COLOURS:
        if stored.dtype == np.uint16:
            raise UnreadableMask("in 16 bits, where the other masks are in colour")
        return np.asarray(np.multiply(stored, np.uint32(_GREY), dtype=np.uint32))
    if full_level and stored.dtype == np.uint16:
        return by_strips(stored, lambda strip: scale_level(strip.astype(np.int64), full_level), np.uint8)
    return stored


def _of_palette(indices: NDArray[Any], palette: NDArray[np.uint8], source: str) -> NDArray[Any]:
    if source == NUMBERS:
        return indices
    used = palette[np.unique(indices)]
    if source == COLOURS:
        table: NDArray[Any] = pack_colours(palette[None])[0]
    elif source == ALPHA and used[:, 3].min() < 255:
        table = palette[:, 3]
    elif grey_of(used[None]) is not None:
        table = palette[:, 0]
    else:
        raise UnreadableMask("a palette of colours, where the other masks are grey or alpha channels")
    return np.asarray(table[indices])


def _palette_value(colour: int, source: str, mask: MaskStatistics) -> int:
    """Return the value that a palette's colour stands for; `_of_palette` is the same for pixels."""
    if source == COLOURS:
        return colour
    if source == ALPHA and TRANSPARENT in mask.palette.values():
        return 0 if colour == TRANSPARENT else 255
    return colour & 255


def _recounted(counts: Counter[int], values: Mapping[int, int]) -> Counter[int]:
    found: Counter[int] = Counter()
    for key, count in counts.items():
        found[values[key]] += count
    return found
