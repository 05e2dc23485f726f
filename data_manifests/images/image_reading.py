"""Reading of picture files as arrays.

Arrays in memory are RGB or RGBA, uint8, row by row, upright: the EXIF orientation is applied. Colours are sRGB: those
of a picture with another colour profile are converted, and a damaged profile counts as none. 16-bit grey is brought to
8 bits by value / 257; of 16-bit colour Pillow keeps the high byte. Where a folder's 16-bit pictures use fewer bits
(`wide_values.significant_bits`), readers are told so and bring these to 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import (
    UNREADABLE,
    PictureError,
    StrPath,
    decode,
    open_picture,
    reading_bytes,
    require_pixels,
)
from bgfg.data_manifests.images.depth_codings import recognise_coding
from bgfg.data_manifests.images.pixels import (
    MODES_U16,
    LoadedPicture,
    OwnPixels,
    describe_mode,
    grey_values,
    load_pixels,
    own_pixels,
    unstretched,
)
from bgfg.data_manifests.images.strips import by_strips
from bgfg.data_manifests.images.wide_values import FULL_BITS

_MILLIMETRE_M = 0.001
_CUTOUT_BYTES_PER_PIXEL = 19

# What a picture is, for messages, where nothing else is said.
_PHOTOGRAPH = "a photograph"


def read_picture(path: StrPath, bits: int = FULL_BITS, data: bytes | None = None) -> LoadedPicture:
    """Read any picture whole, as the audit does.

    Args:
        path: The file.
        bits: How many bits a file of 16 bits a channel uses.
        data: Its content, where that is in memory already; the path is only named in errors then.

    Raises:
        PictureError: It can't be read, or isn't whole.
    """
    found = decode(path, data)
    return load_pixels(path, found.image, found.format, bits)._replace(focal_px=found.focal_px)


def read_background(path: StrPath, bits: int = FULL_BITS) -> LoadedPicture:
    """Read an opaque picture as `read_rgb` does, with what was noticed on the way; `bits` as for `read_picture`."""
    seen = read_picture(path, bits)
    return seen._replace(pixels=_opaque(path, seen.pixels, "a background"))


def read_own_colours(
    path: StrPath, bits: int = FULL_BITS, data: bytes | None = None, what: str = _PHOTOGRAPH
) -> OwnPixels:
    """Read an opaque picture as `read_rgb` does, but in the colours of its own profile, if it has one for RGB.

    Args:
        path: The file.
        bits: How many bits a file of 16 bits a channel uses.
        data: Its content, as `read_picture` has it.
        what: What it is used as, for messages.

    Returns:
        (H, W, 3) uint8 RGB, the profile that says what they mean, and a remark on it.

    Raises:
        PictureError: It can't be read, or has transparent pixels.
    """
    seen = own_pixels(path, decode(path, data).image, bits)
    return seen._replace(pixels=_opaque(path, seen.pixels, what))


def read_rgb(path: StrPath, data: bytes | None = None) -> NDArray[np.uint8]:
    """Read an opaque picture.

    An alpha channel that is opaque everywhere is dropped. A picture with transparent pixels is refused: what is behind
    them is unknown, and it is most often a cut-out in the wrong folder.

    Args:
        path: The file.
        data: Its content, as `read_picture` has it.

    Returns:
        (H, W, 3) uint8 RGB, upright.

    Raises:
        PictureError: It can't be read, or has transparent pixels.
    """
    return _opaque(path, read_picture(path, data=data).pixels, _PHOTOGRAPH)


def _opaque(path: StrPath, pixels: NDArray[np.uint8], what: str) -> NDArray[np.uint8]:
    """Return the colours of an opaque picture; raise PictureError where it has transparent pixels."""
    if pixels.shape[2] == 4 and (lowest := int(pixels[..., 3].min())) < 255:
        raise PictureError(
            path,
            f"has transparent pixels (alpha down to {lowest}); {what} must be opaque",
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
    return read_cutout(path).pixels


def read_cutout(path: StrPath, bits: int = FULL_BITS) -> LoadedPicture:
    """Read a cut-out as `read_rgba` does, with what was noticed on the way; `bits` as for `read_picture`."""
    seen = read_picture(path, bits)
    require_cutout_size(path, seen)
    if seen.pixels.shape[2] == 3:
        kind = "palette" if seen.mode == "P" else seen.mode
        raise PictureError(
            path, f"{kind} image without transparency; a cut-out needs an alpha channel", "Save it as RGBA"
        )
    alpha_u8 = seen.pixels[..., 3]
    if alpha_u8.min() == 255:
        reason = "wholly opaque (alpha is 255 everywhere); a cut-out's surroundings must be transparent"
        raise PictureError(path, reason, "Cut it out")
    if alpha_u8.max() == 0:
        raise PictureError(path, "wholly transparent (alpha is 0 everywhere); nothing to paste", "Save it again")
    return seen


def cutout_bytes(path: StrPath) -> int:
    """Return how much memory reading a cut-out and bringing it to a size takes; 0 where it can't be opened."""
    return reading_bytes(path, _CUTOUT_BYTES_PER_PIXEL)


def require_cutout_size(path: StrPath, seen: LoadedPicture) -> None:
    """Raise PictureError for a picture that is too large for a cut-out: its alpha is looked at, and resized, in floats.

    Args:
        path: Its file, for the error.
        seen: What was read.
    """
    height_px, width_px = seen.pixels.shape[:2]
    require_pixels(path, width_px, height_px, _CUTOUT_BYTES_PER_PIXEL, "cut-outs")


def read_depth(path: StrPath, scale_m: float = _MILLIMETRE_M) -> NDArray[np.uint16]:
    """Read a depth map from a 16-bit grey picture: PNG, TIFF or PGM.

    Args:
        path: The file; a PGM's values are taken as they stand, whatever its maximum.
        scale_m: Metres that a grey value of 1 stands for.

    Returns:
        (H, W) uint16 mm, 0 unknown.

    Raises:
        PictureError: It can't be read, is a picture of 8 bits, of colours or of floating-point values, its values are
            a sensor's code and no distances, it holds depths above 65.535 m, or is unknown everywhere.
    """
    values = read_depth_values(path)
    coding = recognise_coding(values)
    if coding is not None and not (coding.is_linear and scale_m != _MILLIMETRE_M):
        raise PictureError(path, f"its values are {coding.name}, no distances", coding.advice)
    unit_mm = scale_m * 1000.0
    farthest_mm = float(np.floor(int(values.max()) * unit_mm + 0.5))
    if farthest_mm > 65535:
        reason = f"depth up to {farthest_mm / 1000:.3f} m at a scale of {scale_m:g} m; at most 65.535 m can be kept"
        raise PictureError(path, reason, "Check --depth-scale")
    if farthest_mm == 0:
        reason = f"depth is 0 (unknown) everywhere at a scale of {scale_m:g} m"
        raise PictureError(path, reason, "Check it and --depth-scale")
    return by_strips(values, lambda strip: np.floor(strip * unit_mm + 0.5), np.uint16)


def read_depth_values(path: StrPath) -> NDArray[np.uint16]:
    """Read a depth map's 16-bit grey values as they stand, (H, W) uint16, whatever their unit."""
    found = decode(path)
    image = found.image
    if image.mode not in MODES_U16:
        reason = f"{describe_mode(image.mode)}; a depth map has one channel of 16 bits"
        raise PictureError(path, reason, "Save it as 16-bit PNG in millimetres")
    return unstretched(grey_values(path, image), found.maxval)


def holds_depth(path: StrPath) -> bool:
    """Say by its header whether a picture has one channel of more than 8 bits; one that can't be opened has none."""
    try:
        with open_picture(path) as image:
            return image.mode in (*MODES_U16, "F")
    except UNREADABLE:
        return False  # it is named when it is read
