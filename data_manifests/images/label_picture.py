"""Pictures whose values are labels rather than light: values as they are stored, and the colours of their palette.

Nothing is scaled that could merge two labels, and colour profiles don't count: what a value stands for is decided by
whoever has seen all pictures of a folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError, StrPath, decode
from bgfg.data_manifests.images.orientation import turn_upright
from bgfg.data_manifests.images.pixels import MODES_U16, grey_values, unstretched
from bgfg.data_manifests.images.strips import array_of, by_strips, holds_everywhere, row_strips, strips_of, value_range
from bgfg.data_manifests.images.wide_values import is_wide, read_wide_colours

_COLOURS_U8 = ("LA", "La", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
# Formats that may change values when they compress.
_LOSSY = ("jpeg",)
# A picture with more colours than this has those of a photograph, whose last bits stand for nothing.
_MOST_LABELS = 255
# Fractions may lie so far below 0 or above 1, as rounding leaves them where networks or filters wrote them.
_ROUNDING = 1e-4


@dataclass(frozen=True)
class LabelPicture:
    """A picture of labels.

    Attributes:
        values: Upright; grey levels or palette indices, (H, W) uint8, or uint16 where the file has more bits; bits as 0
            and 1; or colours, (H, W, 3) RGB or (H, W, 4) RGBA uint8. Fractions from 0 to 1 are brought to 0..65535.
        palette: Colour of each palette index, (n, 4) uint8 RGBA; None where there is no palette.
        lossy: Whether the format may have changed values, as JPEG does.
        floats: Whether the file has floating-point values: then a 1 may stand for full coverage.
    """

    values: NDArray[np.uint8] | NDArray[np.uint16]
    palette: NDArray[np.uint8] | None = None
    lossy: bool = False
    floats: bool = False

    def turned(self, orientation: int) -> LabelPicture:
        """Return it turned as a picture of this EXIF orientation is turned to stand upright."""
        return replace(self, values=turn_upright(self.values, orientation))


def read_label_picture(path: StrPath) -> LabelPicture:
    """Read a picture of labels; raise PictureError where it can't be read, or has values that no labels have."""
    image, file_format, maxval, _ = decode(path)
    lossy = file_format in _LOSSY
    if image.mode in MODES_U16:
        return LabelPicture(_whole_numbers(path, image, maxval))
    if image.mode == "F":
        return LabelPicture(_of_floats(path, image), floats=True)
    if image.mode == "P":
        return LabelPicture(array_of(image), _palette(image), lossy)
    if image.mode in ("1", "L"):
        return LabelPicture(array_of(image).astype(np.uint8, copy=False), lossy=lossy)
    if image.mode in _COLOURS_U8:
        if is_wide(path):
            image.close()  # its pixels have 8 of the bits
            return LabelPicture(_of_wide_colours(path))
        return LabelPicture(array_of(image, "RGBA" if image.has_transparency_data else "RGB"), lossy=lossy)
    reason = f"mode {image.mode}, which is not read as labels"
    raise PictureError(path, reason, "Save it as PNG with 8 or 16 bits a channel")


def _whole_numbers(path: StrPath, image: Image.Image, maxval: int) -> NDArray[np.uint16]:
    lowest, highest = value_range(image)
    if lowest < 0 or highest > 65535:
        raise _no_labels(path, lowest, highest)
    return unstretched(grey_values(path, image), maxval)


def _of_floats(path: StrPath, image: Image.Image) -> NDArray[np.uint16]:
    """Return whole numbers as they stand, and fractions as shares of 65535."""
    lowest, highest = value_range(image)
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise PictureError(path, "values that are no numbers (NaN or infinite)", "Save 0 or 255 in their place")
    near_fractions = lowest >= -_ROUNDING and highest <= 1 + _ROUNDING

    def strips() -> Iterator[tuple[slice, NDArray[np.float32]]]:
        return ((rows, strip.clip(0, 1) if near_fractions else strip) for rows, strip in strips_of(image))

    whole = all((strip == np.round(strip)).all() for _, strip in strips())
    if not near_fractions and (lowest < 0 or highest > (65535 if whole else 1)):
        raise _no_labels(path, lowest, highest)
    full = 1 if whole else 65535
    values = np.empty((image.height, image.width), np.uint16)
    for rows, strip in strips():
        values[rows] = np.round(strip.astype(np.float64) * full)
    return values


def _no_labels(path: StrPath, lowest: float, highest: float) -> PictureError:
    span = f"values from {lowest:g} to {highest:g}"
    reason = f"{span}; labels are whole numbers from 0 to 65535, or fractions from 0 to 1"
    return PictureError(path, reason, "Save it so, with 255 for what is to be ignored")


def _of_wide_colours(path: StrPath) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return 16-bit colours as grey levels of 16 bits where they are grey, or in 8 bits where these hold them.

    Raises:
        PictureError: 8 bits don't hold them, and they aren't those of a photograph.
    """
    wide = read_wide_colours(path)
    colours, alpha = wide[..., :3], wide[..., 3:]
    opaque = holds_everywhere(alpha, lambda strip: strip == 65535)
    if opaque and holds_everywhere(colours, lambda strip: strip == strip[..., :1]):
        return np.ascontiguousarray(colours[..., 0])
    levels, coverage = _in_8_bits(colours), _in_8_bits(alpha)
    if levels is None and not opaque:  # a cut-out: its alpha channel is what counts
        rounded = _rounded(colours)
        levels = rounded if _has_many_colours(rounded) else None
    if coverage is None and alpha.max() == 65535:
        coverage = _rounded(alpha)
    if levels is None or coverage is None:
        reason = "16-bit colours that don't fit into 8 bits a channel without merging some"
        raise PictureError(path, reason, "Save class numbers as 16-bit grey, or colours with 8 bits a channel")
    return np.concatenate([levels, coverage], axis=2)


def _has_many_colours(colours: NDArray[np.uint8]) -> bool:
    """Say whether there are more colours, (H, W, 3), than labels have."""
    found: set[int] = set()
    for rows in row_strips(len(colours), colours[:1].size):
        red, green, blue = np.moveaxis(colours[rows].astype(np.uint32), 2, 0)
        found.update(np.unique(red << 16 | green << 8 | blue).tolist())
        if len(found) > _MOST_LABELS:
            return True
    return False


def _in_8_bits(wide: NDArray[np.uint16]) -> NDArray[np.uint8] | None:
    """Return 8-bit values that were written twice, as the high byte or as the low one; None of others."""
    if holds_everywhere(wide, lambda strip: strip % 257 == 0) or holds_everywhere(wide, lambda strip: strip & 255 == 0):
        return by_strips(wide, lambda strip: strip >> 8, np.uint8)
    return wide.astype(np.uint8) if wide.max(initial=0) <= 255 else None


def _rounded(wide: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return by_strips(wide, lambda strip: (strip.astype(np.int64) * 255 + 32767) // 65535, np.uint8)


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    """Return the colours of all 256 indices, (256, 4); those that the file doesn't list are black."""
    colours = np.zeros((256, 4), np.uint8)
    listed = np.array(image.getpalette("RGB") or [0, 0, 0], np.uint8).reshape(-1, 3)[:256]
    colours[: len(listed), :3], colours[:, 3] = listed, 255
    transparent = image.info.get("transparency")
    if isinstance(transparent, bytes):
        colours[: len(transparent), 3] = np.frombuffer(transparent, np.uint8)[:256]
    elif isinstance(transparent, int):
        colours[transparent, 3] = 0
    return colours
