"""Reading and writing of picture files as arrays.

Arrays in memory are RGB or RGBA, uint8, row by row, upright: the EXIF orientation is applied. Colour profiles are
ignored: pixels are taken as sRGB, as the usual loaders take them. 16-bit grey is brought to 8 bits by value / 257;
of 16-bit colour Pillow keeps the high byte.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError, StrPath, decode

_MODES_U8 = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
_MODES_U16 = ("I;16", "I;16L", "I;16B", "I;16N", "I")  # "I" is how 16-bit PGM opens


class LoadedPicture(NamedTuple):
    """What a picture file holds.

    Attributes:
        format: Name of the format as a suffix, such as "jpeg".
        mode: Pillow's mode of the pixels as stored, such as "P".
        pixels: Upright, (H, W, 3) RGB or, where there is any information on transparency, (H, W, 4) RGBA, uint8.
    """

    format: str
    mode: str
    pixels: NDArray[np.uint8]


def read_picture(path: StrPath) -> LoadedPicture:
    """Read any picture whole, as the audit does; raise PictureError where it can't be read or isn't whole."""
    image, file_format, _ = decode(path)
    return LoadedPicture(file_format, image.mode, _pixels(path, image))


def read_rgb(path: StrPath) -> NDArray[np.uint8]:
    """Read an opaque picture.

    An alpha channel that is opaque everywhere is dropped. A picture with transparent pixels is refused: what is behind
    them is unknown, and it is most often a cut-out in the wrong folder.

    Args:
        path: The file.

    Returns:
        (H, W, 3) uint8 RGB, upright.

    Raises:
        PictureError: It can't be read, or has transparent pixels.
    """
    image = decode(path).image
    pixels = _pixels(path, image)
    if pixels.shape[2] == 4 and (lowest := int(pixels[..., 3].min())) < 255:
        raise PictureError(
            path,
            f"has transparent pixels (alpha down to {lowest}); a background must be opaque",
            "Save it without alpha",
        )
    return np.ascontiguousarray(pixels[..., :3])


def read_rgba(path: StrPath) -> NDArray[np.uint8]:
    """Read a cut-out.

    Transparency may be an alpha channel, a palette's, or one colour declared transparent (tRNS).

    Args:
        path: The file.

    Returns:
        (H, W, 4) uint8 RGBA, upright, not premultiplied.

    Raises:
        PictureError: It can't be read, has no transparency, or is wholly opaque or wholly transparent.
    """
    image = decode(path).image
    if not image.has_transparency_data:
        kind = "palette" if image.mode == "P" else image.mode
        raise PictureError(
            path, f"{kind} image without transparency; a cut-out needs an alpha channel", "Save it as RGBA"
        )
    pixels = _pixels(path, image)
    alpha_u8 = pixels[..., 3]
    if alpha_u8.min() == 255:
        reason = "wholly opaque (alpha is 255 everywhere); a cut-out's surroundings must be transparent"
        raise PictureError(path, reason, "Cut it out")
    if alpha_u8.max() == 0:
        raise PictureError(path, "wholly transparent (alpha is 0 everywhere); nothing to paste", "Save it again")
    return pixels


def read_depth(path: StrPath, scale_m: float = 0.001) -> NDArray[np.uint16]:
    """Read a depth map from a 16-bit grey picture: PNG, TIFF or PGM.

    Args:
        path: The file; a PGM's values are taken as they stand, whatever its maximum.
        scale_m: Metres that a grey value of 1 stands for.

    Returns:
        (H, W) uint16 mm, 0 unknown.

    Raises:
        PictureError: It can't be read, is a picture of 8 bits, of colours or of floating-point values, holds depths
            above 65.535 m, or is unknown everywhere.
    """
    values = read_depth_values(path)
    depth_mm: NDArray[np.float64] = np.floor(values * (scale_m * 1000.0) + 0.5)
    if (farthest_mm := float(depth_mm.max())) > 65535:
        reason = f"depth up to {farthest_mm / 1000:.3f} m at a scale of {scale_m:g} m; at most 65.535 m can be kept"
        raise PictureError(path, reason, "Check --depth-scale")
    if farthest_mm == 0:
        reason = f"depth is 0 (unknown) everywhere at a scale of {scale_m:g} m"
        raise PictureError(path, reason, "Check it and --depth-scale")
    return depth_mm.astype(np.uint16)


def read_depth_values(path: StrPath) -> NDArray[np.uint16]:
    """Read a depth map's 16-bit grey values as they stand, (H, W) uint16, whatever their unit."""
    image, _, maxval = decode(path)
    if image.mode not in _MODES_U16:
        reason = f"{_describe_mode(image.mode)}; a depth map has one channel of 16 bits"
        raise PictureError(path, reason, "Save it as 16-bit PNG in millimetres")
    values = _wide_values(path, image)
    if maxval != 65535:  # Pillow stretched a PGM to the full range
        values = (values * maxval + 32767) // 65535
    return values.astype(np.uint16)


def read_label_picture(path: StrPath) -> NDArray[np.uint8]:
    """Read a picture whose values are labels rather than light.

    Args:
        path: The file.

    Returns:
        Upright, (H, W), (H, W, 3) or (H, W, 4) uint8. Grey levels are taken as they stand; of a palette the indices,
        or its greys where it holds nothing else; bits as 0 and 1; 16-bit values above 255 are brought to 8 bits by
        value / 257; colours and transparency are those of `read_picture`.
    """
    image = decode(path).image
    if image.mode in _MODES_U16:
        values = _wide_values(path, image)
        return (values if values.max() <= 255 else (2 * values + 257) // 514).astype(np.uint8)
    if image.mode == "P":
        palette = np.array(image.getpalette() or [0, 0, 0], np.uint8).reshape(-1, 3)
        greys = (palette == palette[:, :1]).all() and len(palette) > 1
        return np.array(image.convert("L") if greys else image)
    if image.mode in ("1", "L"):
        return np.array(image).astype(np.uint8)
    return _pixels(path, image)


def save_png(pixels: NDArray[np.uint8], path: StrPath) -> None:
    """Write (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA uint8 as PNG; the file appears whole or not at all."""
    _save(pixels, path, "PNG")


def save_jpeg(rgb: NDArray[np.uint8], path: StrPath, quality: int = 95) -> None:
    """Write (H, W, 3) RGB or (H, W) grey uint8 as JPEG; the file appears whole or not at all."""
    _save(rgb, path, "JPEG", quality=quality)


def save_depth_png(depth_mm: NDArray[np.uint16], path: StrPath) -> None:
    """Write (H, W) uint16 millimetres as 16-bit grey PNG; the file appears whole or not at all."""
    _save(depth_mm, path, "PNG")


def perceptual_hash(rgb: NDArray[np.uint8]) -> int:
    """Return the 64-bit perceptual hash of (H, W, 3) RGB uint8: signs of the lowest DCT terms against their median."""
    import imagehash  # pulls scipy, which a command without near-duplicates need not wait for

    bits = imagehash.phash(Image.fromarray(rgb)).hash
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _pixels(path: StrPath, image: Image.Image) -> NDArray[np.uint8]:
    """Return (H, W, 3) RGB uint8, or (H, W, 4) RGBA where the picture holds any information on transparency."""
    if image.mode in _MODES_U8:
        return np.array(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    if image.mode not in _MODES_U16:
        reason = f"{_describe_mode(image.mode)}, which is not read here"
        raise PictureError(path, reason, "Save it as RGB with 8 bits a channel")
    values = _wide_values(path, image)
    planes = [((2 * values + 257) // 514)] * 3  # value / 257, rounded half up
    if (transparent := image.info.get("transparency")) is not None:
        planes.append(np.where(values == transparent, 0, 255))
    return np.stack(planes, axis=2).astype(np.uint8)


def _wide_values(path: StrPath, image: Image.Image) -> NDArray[np.int64]:
    values = np.asarray(image).astype(np.int64)
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest > 65535:
        reason = f"32-bit values from {lowest} to {highest}; at most 16 bits are read"
        raise PictureError(path, reason, "Save it with 16 bits a channel")
    return values


def _describe_mode(mode: str) -> str:
    values = "floating-point values" if mode == "F" else "8 bits a channel"
    return f"a picture of {values} (mode {mode})"


def _save(pixels: NDArray[Any], path: StrPath, file_format: str, **options: int) -> None:
    target = Path(path)
    # A name of its own: several processes may write into one folder.
    unfinished = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        Image.fromarray(np.ascontiguousarray(pixels)).save(unfinished, file_format, **options)
        os.replace(unfinished, target)
    except OSError as error:
        if unfinished.exists():
            unfinished.unlink()
        reason = f"can't be written ({error.strerror or error})"
        raise PictureError(path, reason, "Check the folder and the space left") from error
