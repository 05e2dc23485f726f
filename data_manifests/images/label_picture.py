"""Pictures whose values are labels rather than light: values as they are stored, and the colours of their palette.

Nothing is scaled that could merge two labels, and colour profiles don't count: what a value stands for is decided by
whoever has seen all pictures of a folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError, StrPath, decode
from bgfg.data_manifests.images.orientation import turn_upright
from bgfg.data_manifests.images.pixels import MODES_U16, unstretched
from bgfg.data_manifests.images.strips import by_strips
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
    image, file_format, maxval = decode(path)
    lossy = file_format in _LOSSY
    if image.mode in MODES_U16:
        return LabelPicture(_whole_numbers(path, image, maxval))
    if image.mode == "F":
        return LabelPicture(_of_floats(path, np.asarray(image)), floats=True)
    if image.mode == "P":
        return LabelPicture(np.array(image), _palette(image), lossy)
    if image.mode in ("1", "L"):
        return LabelPicture(np.array(image).astype(np.uint8), lossy=lossy)
    if image.mode in _COLOURS_U8:
        if is_wide(path):
            return LabelPicture(_of_wide_colours(path))
        return LabelPicture(np.array(image.convert("RGBA" if image.has_transparency_data else "RGB")), lossy=lossy)
    reason = f"mode {image.mode}, which is not read as labels"
    raise PictureError(path, reason, "Save it as PNG with 8 or 16 bits a channel")


def _whole_numbers(path: StrPath, image: Image.Image, maxval: int) -> NDArray[np.uint16]:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise _no_labels(path, values)
    return unstretched(values.astype(np.uint16, copy=False), maxval)


def _of_floats(path: StrPath, values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return whole numbers as they stand, and fractions as shares of 65535."""
    if not np.isfinite(values).all():
        raise PictureError(path, "values that are no numbers (NaN or infinite)", "Save 0 or 255 in their place")
    if values.min() >= -_ROUNDING and values.max() <= 1 + _ROUNDING:
        values = values.clip(0, 1)
    whole = bool((values == np.round(values)).all())
    if values.min() < 0 or values.max() > (65535 if whole else 1):
        raise _no_labels(path, values)
    full = 1 if whole else 65535
    return by_strips(values, lambda strip: np.round(strip.astype(np.float64) * full), np.uint16)


def _no_labels(path: StrPath, values: NDArray[Any]) -> PictureError:
    span = f"values from {values.min():g} to {values.max():g}"
    reason = f"{span}; labels are whole numbers from 0 to 65535, or fractions from 0 to 1"
    return PictureError(path, reason, "Save it so, with 255 for what is to be ignored")


def _of_wide_colours(path: StrPath) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return 16-bit colours as grey levels of 16 bits where they are grey, or in 8 bits where these hold them.

    Raises:
        PictureError: 8 bits don't hold them, and they aren't those of a photograph.
    """
    wide = read_wide_colours(path)
    colours, alpha = wide[..., :3], wide[..., 3:]
    opaque = bool((alpha == 65535).all())
    if opaque and (colours == colours[..., :1]).all():
        return np.ascontiguousarray(colours[..., 0])
    levels, coverage = _in_8_bits(colours), _in_8_bits(alpha)
    if levels is None and not opaque:  # a cut-out: its alpha channel is what counts
        rounded = _rounded(colours)
        many = len(np.unique(rounded.reshape(-1, 3), axis=0)) > _MOST_LABELS
        levels = rounded if many else None
    if coverage is None and alpha.max() == 65535:
        coverage = _rounded(alpha)
    if levels is None or coverage is None:
        reason = "16-bit colours that don't fit into 8 bits a channel without merging some"
        raise PictureError(path, reason, "Save class numbers as 16-bit grey, or colours with 8 bits a channel")
    return np.concatenate([levels, coverage], axis=2)


def _in_8_bits(wide: NDArray[np.uint16]) -> NDArray[np.uint8] | None:
    """Return 8-bit values that were written twice, as the high byte or as the low one; None of others."""
    if not (wide % 257).any():
        return (wide // 257).astype(np.uint8)
    if not (wide & 255).any():
        return (wide >> 8).astype(np.uint8)
    return wide.astype(np.uint8) if wide.max() <= 255 else None


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
