"""Writing of picture files from arrays, whole or not at all.

Arrays are as `image_reading` gives them: RGB or RGBA, uint8, row by row, upright, colours sRGB.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.decode import PictureError, StrPath
from bgfg.data_manifests.images.exif_camera import focal_length_exif


def save_png(
    pixels: NDArray[np.uint8],
    path: StrPath,
    profile: ColourProfile | None = None,
    origin: Origin | None = None,
    in_runs: bool = False,
) -> None:
    """Write (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA uint8 as PNG; the file appears whole or not at all.

    Args:
        pixels: What is written.
        path: The file.
        profile: What its colours mean; None for sRGB, which isn't written.
        origin: What made it, which the file is to say; None for what nobody asks of.
        in_runs: Whether zlib looks for runs of a byte alone (Z_RLE): masks and cut-outs, filtered as PNG does, hold
            hardly any other repeats, and are written in half the time.
    """
    strategy: dict[str, Any] = {"compress_type": zlib.Z_RLE} if in_runs else {}
    _save(pixels, path, "PNG", origin, **strategy, **_profile_option(profile))


def save_jpeg(
    rgb: NDArray[np.uint8],
    path: StrPath,
    quality: int = 95,
    profile: ColourProfile | None = None,
    origin: Origin | None = None,
    focal_px: float | None = None,
) -> None:
    """Write (H, W, 3) RGB or (H, W) grey uint8 as JPEG, with its focal length if told; otherwise as `save_png`."""
    camera: dict[str, Any] = (
        {} if focal_px is None else {"exif": focal_length_exif((rgb.shape[1], rgb.shape[0]), focal_px)}
    )
    _save(rgb, path, "JPEG", origin, quality=quality, **camera, **_profile_option(profile))


def save_palette_png(
    indices: NDArray[np.uint8], palette: NDArray[np.uint8], path: StrPath, origin: Origin | None = None
) -> None:
    """Write indices (H, W) uint8 with the colours (n, 3) uint8 RGB that they stand for as PNG; else as `save_png`."""
    _save(indices, path, "PNG", origin, palette)


def save_depth_png(depth_mm: NDArray[np.uint16], path: StrPath, origin: Origin | None = None) -> None:
    """Write (H, W) uint16 millimetres as 16-bit grey PNG; otherwise as `save_png`."""
    _save(depth_mm, path, "PNG", origin)


def save_wide_png(values: NDArray[np.uint16], path: StrPath, origin: Origin | None = None) -> None:
    """Write (H, W) uint16 as 16-bit grey PNG; otherwise as `save_png`."""
    _save(values, path, "PNG", origin)


def encode_png(pixels: NDArray[Any], profile: ColourProfile | None = None) -> bytes:
    """Return what `save_png` would write, in memory; (H, W) uint16 too, as 16-bit grey."""
    return _encoded(pixels, "PNG", compress_type=zlib.Z_RLE, **_profile_option(profile))


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = 95, profile: ColourProfile | None = None) -> bytes:
    """Return what `save_jpeg` would write, in memory."""
    return _encoded(rgb, "JPEG", quality=quality, **_profile_option(profile))


def pillow_image(rgb: NDArray[np.uint8]) -> Image.Image:
    """Return (H, W, 3) RGB uint8 as a picture of Pillow, for libraries that take no other."""
    return Image.fromarray(rgb)


def _profile_option(profile: ColourProfile | None) -> dict[str, Any]:
    return {} if profile is None else {"icc_profile": profile.icc}


def _origin_option(origin: Origin | None, file_format: str) -> dict[str, Any]:
    if origin is None:
        return {}
    if file_format == "JPEG":
        return {"comment": str(origin)}
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", str(origin))
    return {"pnginfo": text}


def _save(
    pixels: NDArray[Any],
    path: StrPath,
    file_format: str,
    origin: Origin | None = None,
    palette: NDArray[np.uint8] | None = None,
    **options: Any,
) -> None:
    try:
        # In memory, since a library that writes itself may overlook a write that came back short.
        replace_bytes(Path(path), _encoded(pixels, file_format, origin, palette, **options))
    except OSError as error:
        reason = f"can't be written ({error.strerror or error})"
        raise PictureError(path, reason, "Check the folder and the space left") from error


def _encoded(
    pixels: NDArray[Any],
    file_format: str,
    origin: Origin | None = None,
    palette: NDArray[np.uint8] | None = None,
    **options: Any,
) -> bytes:
    encoded = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if palette is not None:
        image.putpalette(palette.tobytes())
    image.save(encoded, file_format, **_origin_option(origin, file_format), **options)
    return encoded.getvalue()
