"""The pixels of a decoded picture as an array of 8 bits: as stored, in sRGB, or in the colours of its own profile."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.colour_profile import ColourProfile, UnreadableProfile, profile_of
from bgfg.data_manifests.images.decode import PictureError, StrPath
from bgfg.data_manifests.images.strips import array_of, by_strips, row_strips, strips_of, value_range
from bgfg.data_manifests.images.wide_values import FULL_BITS, is_wide, read_wide_colours

MODES_U8 = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
MODES_U16 = ("I;16", "I;16L", "I;16B", "I;16N", "I")  # "I" is how 16-bit PGM opens


class LoadedPicture(NamedTuple):
    """What a picture file holds.

    Attributes:
        format: Name of the format as a suffix, such as "jpeg".
        mode: Pillow's mode of the pixels as stored, such as "P".
        pixels: Upright, (H, W, 3) RGB or, where there is any information on transparency, (H, W, 4) RGBA, uint8.
        profile: Name of the colour profile from which colours were converted to sRGB; empty where none was needed.
        fault: What is wrong with it although it could be read: a profile or a palette that is broken; empty if nothing.
        focal_px: Focal length of the camera, in pixels of this picture; None where its EXIF data don't say it.
    """

    format: str
    mode: str
    pixels: NDArray[np.uint8]
    profile: str = ""
    fault: str = ""
    focal_px: float | None = None


class OwnPixels(NamedTuple):
    """A picture in the colours of its own profile.

    Attributes:
        pixels: (H, W, 3) RGB or, where there is any information on transparency, (H, W, 4) RGBA, uint8.
        profile: What they mean; None where they are sRGB.
        remark: What is to be known of its colours, for a note: a profile, or one that can't be used; empty if nothing.
    """

    pixels: NDArray[np.uint8]
    profile: ColourProfile | None = None
    remark: str = ""


def load_pixels(path: StrPath, image: Image.Image, file_format: str, bits: int = FULL_BITS) -> LoadedPicture:
    """Return a decoded picture in sRGB.

    Args:
        path: Its file, for what Pillow doesn't keep and for errors.
        image: The picture as `decode` returns it.
        file_format: Name of its format.
        bits: How many bits a file of 16 bits a channel uses.

    Raises:
        PictureError: It is of a kind that isn't read here.
    """
    profile, fault = _profile_or_fault(image)
    pixels = _in_srgb(image, profile, stored_pixels(path, image, bits))
    name = profile.name if profile else ""
    return LoadedPicture(file_format, image.mode, pixels, name, fault or _palette_fault(image))


def own_pixels(path: StrPath, image: Image.Image, bits: int = FULL_BITS) -> OwnPixels:
    """Return the pixels of a decoded picture in the colours of its own profile, and this profile.

    The profile is None, and the pixels are sRGB, where there is none of RGB that leads both ways. The arguments are
    those of `load_pixels`.
    """
    profile, fault = _profile_or_fault(image)
    pixels, fault = stored_pixels(path, image, bits), fault or _palette_fault(image)
    if profile is None:
        return OwnPixels(pixels, None, fault)
    if not profile.is_reversible:
        return OwnPixels(_in_srgb(image, profile, pixels), None, f"{profile.name}: converted to sRGB")
    return OwnPixels(pixels, profile, f"{profile.name}: converted to sRGB, and back in results")


def stored_pixels(path: StrPath, image: Image.Image, bits: int = FULL_BITS) -> NDArray[np.uint8]:
    """Return (H, W, 3) RGB uint8, or (H, W, 4) RGBA where the picture holds any information on transparency.

    The numbers are those of the file, whatever its colour profile; the arguments are those of `load_pixels`.
    """
    if image.mode in MODES_U8:
        if bits < FULL_BITS and image.mode != "CMYK" and is_wide(path):
            image.close()  # its pixels have the upper 8 bits alone
            return _as_levels(read_wide_colours(path), bits)
        return array_of(image, "RGBA" if image.has_transparency_data else "RGB")
    if image.mode not in MODES_U16:
        reason = f"{describe_mode(image.mode)}, which is not read here"
        raise PictureError(path, reason, "Save it as RGB with 8 bits a channel")
    _check_range(path, image)
    transparent = image.info.get("transparency")
    pixels = np.empty((image.height, image.width, 3 if transparent is None else 4), np.uint8)
    for rows, values in strips_of(image):
        pixels[rows, :, :3] = _as_levels(values, bits)[..., None]
        if transparent is not None:
            pixels[rows, :, 3] = np.where(values == transparent, 0, 255)
    return pixels


def grey_values(path: StrPath, image: Image.Image) -> NDArray[np.uint16]:
    """Return the values of a grey picture of 16 bits, (H, W) uint16; raise PictureError where they need more bits."""
    _check_range(path, image)
    values = np.empty((image.height, image.width), np.uint16)
    for rows, strip in strips_of(image):
        values[rows] = strip
    return values


def _check_range(path: StrPath, image: Image.Image) -> None:
    lowest, highest = value_range(image)
    if lowest < 0 or highest > 65535:
        reason = f"32-bit values from {lowest} to {highest}; at most 16 bits are read"
        raise PictureError(path, reason, "Save it with 16 bits a channel")


def unstretched(values: NDArray[np.uint16], maxval: int) -> NDArray[np.uint16]:
    """Return the values of a PGM of this maximum as they are in the file: Pillow stretches them to the full range."""
    if maxval == 65535:
        return values
    return by_strips(values, lambda strip: (strip.astype(np.int64) * maxval + 32767) // 65535, np.uint16)


def describe_mode(mode: str) -> str:
    """Return what pixels of a mode of Pillow are, for an error."""
    values = "floating-point values" if mode == "F" else "8 bits a channel"
    return f"a picture of {values} (mode {mode})"


def _as_levels(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Bring values of so many bits to 0..255, rounded half up; what is above counts as white."""
    top = 2**bits - 1
    return by_strips(values, lambda strip: (510 * np.minimum(strip, top).astype(np.int64) + top) // (2 * top), np.uint8)


def _profile_or_fault(image: Image.Image) -> tuple[ColourProfile | None, str]:
    """Return the profile of a picture, or what is wrong with it: its colours are then taken as sRGB."""
    try:
        return profile_of(image), ""
    except UnreadableProfile as error:
        return None, f"colour profile that can't be used ({error}): colours taken as sRGB"


def _in_srgb(image: Image.Image, profile: ColourProfile | None, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return stored pixels with their colours converted to sRGB."""
    if profile is None:
        return pixels
    if profile.mode == "CMYK":
        for rows, strip in strips_of(image):
            pixels[rows] = profile.to_srgb(strip)
        return pixels
    for rows in row_strips(len(pixels), pixels[:1].size):
        strip = pixels[rows]
        strip[..., :3] = profile.to_srgb(strip[..., 0] if profile.mode == "L" else strip[..., :3])
    return pixels


def _palette_fault(image: Image.Image) -> str:
    """Say where the indices of a palette picture point beyond its palette, where there are no colours."""
    if image.mode != "P" or image.palette is None:
        return ""
    colours, highest = len(image.palette.getdata()[1]) // len(image.palette.mode), int(value_range(image)[1])
    if highest < colours:
        return ""
    return f"palette of {colours} colours, but indices up to {highest}: the rest is black"
