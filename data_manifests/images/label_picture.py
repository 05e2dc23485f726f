"""Pictures whose values are labels rather than light: values as they are stored, and the colours of their palette.

Nothing is scaled here, and colour profiles don't count: what a value stands for is decided by whoever has seen all
pictures of a folder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError, StrPath, decode
from bgfg.data_manifests.images.pixels import MODES_U16, grey_values

_COLOURS_U8 = ("LA", "La", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
# Formats that may change values when they compress.
_LOSSY = ("jpeg",)


@dataclass(frozen=True)
class LabelPicture:
    """A picture of labels.

    Attributes:
        values: Upright; grey levels or palette indices, (H, W) uint8, or uint16 where the file has 16 bits; bits as 0
            and 1; or colours, (H, W, 3) RGB or (H, W, 4) RGBA uint8.
        palette: Colour of each palette index, (n, 4) uint8 RGBA; None where there is no palette.
        lossy: Whether the format may have changed values, as JPEG does.
    """

    values: NDArray[np.uint8] | NDArray[np.uint16]
    palette: NDArray[np.uint8] | None = None
    lossy: bool = False


def read_label_picture(path: StrPath) -> LabelPicture:
    """Read a picture of labels; raise PictureError where it can't be read, or has values that no labels have."""
    image, file_format, maxval = decode(path)
    lossy = file_format in _LOSSY
    if image.mode in MODES_U16:
        return LabelPicture(_wide_values(path, image, maxval))
    if image.mode == "P":
        return LabelPicture(np.array(image), _palette(image), lossy)
    if image.mode in ("1", "L"):
        return LabelPicture(np.array(image).astype(np.uint8), lossy=lossy)
    if image.mode in _COLOURS_U8:
        return LabelPicture(np.array(image.convert("RGBA" if image.has_transparency_data else "RGB")), lossy=lossy)
    reason = f"mode {image.mode}, which is not read as labels"
    raise PictureError(path, reason, "Save it as PNG with 8 or 16 bits a channel")


def _wide_values(path: StrPath, image: Image.Image, maxval: int) -> NDArray[np.uint16]:
    values = grey_values(path, image)
    if maxval != 65535:  # Pillow stretched a PGM to the full range
        values = (values * maxval + 32767) // 65535
    return values.astype(np.uint16)


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
