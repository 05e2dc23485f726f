"""Decoding of one picture file: refused by its type, size or header, or loaded whole and turned upright.

Formats whose decoders start another program (EPS, PDF, WMF) aren't read, and a decompression bomb is refused by its
header.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from PIL import Image, ImageFile, UnidentifiedImageError

from bgfg.data_manifests.files.failing_call import call_reason, failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.exif_camera import focal_length_px
from bgfg.data_manifests.terminal.errors import Problem, printable

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
MAX_PIXELS = 200_000_000
# Of memory, for a picture as Pillow holds it and what is made of it: a gigabyte, but for what its strips take.
MAX_DECODE_BYTES = 960_000_000
MAX_FILE_BYTES = 2 * 2**30  # MAX_PIXELS of 16-bit RGBA take 1.6 GB uncompressed

# Pillow keeps a picture in blocks. Of 16 MB each, as it has them, they stay in the heap of the process once they were
# used and freed; what is larger than 32 MB glibc gives back at once.
Image.core.set_block_size(64 * 2**20)  # type: ignore[attr-defined]  # what the variable PILLOW_BLOCK_SIZE sets

# Our own check of the header replaces Pillow's, which names no size and only warns up to twice its limit.
Image.MAX_IMAGE_PIXELS = None

# What Pillow's decoders are known to raise on damaged files; DecompressionBombError is the PNG text chunks'.
_DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, EOFError,
    MemoryError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

StrPath = str | os.PathLike[str]


class DecodedImage(NamedTuple):
    """The first frame of a picture file.

    Attributes:
        image: The frame, loaded and upright.
        format: Name of the format in lower case, such as "jpeg".
        maxval: Maximum that a grey PGM of 16 bits declares; 65535 otherwise.
        focal_px: Focal length of the camera, in pixels of the frame; None where the EXIF data don't say it.
    """

    image: Image.Image
    format: str
    maxval: int
    focal_px: float | None = None


class PictureError(Problem):
    """A picture that can't be used.

    Attributes:
        path: As given.
        reason: What is wrong with it.
        remedy: What to do about the file itself.
    """

    def __init__(self, path: StrPath, reason: str, remedy: str) -> None:
        self.path = printable(os.fspath(path))
        self.reason = printable(reason)
        self.remedy = remedy
        super().__init__(f"{self.path}: {self.reason}. {remedy}.")

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.path, self.reason, self.remedy))

    @classmethod
    def of(cls, path: StrPath, error: BaseException) -> PictureError:
        """Return what to raise for an error of reading a picture: a call that failed says nothing of the picture."""
        call = failed_call(error)
        if call is not None:
            return UnreadPicture(path, f"can't be read ({call_reason(call)})", "Mend that")
        return cls(path, f"damaged or cut short ({error or type(error).__name__})", "Replace it with a whole copy")


class UnreadPicture(PictureError):
    """A picture that the system didn't hand over; what is wrong isn't the picture, so that it is never left out."""


# What opening a picture raises where it can't be read, for those who leave that to its reader.
UNREADABLE = (*_DAMAGE, PictureError)


def decode(path: StrPath, data: bytes | None = None) -> DecodedImage:
    """Load the first frame of a picture file.

    Args:
        path: A file in one of FORMATS.
        data: Its content, where that is read already; the path is only named in errors then.

    Returns:
        The frame, upright.

    Raises:
        PictureError: The file isn't whole, is too large, or holds several frames.
        UnreadPicture: It may not be read, or a call failed that reads it.
    """
    if data is None:
        _check_file(path)
    try:
        with open_picture(path, data) as image:
            _check_frames(path, image)
            raw: Any = image.tile[0][3] if image.tile else None  # how the pixels lie in the file
            image.load()
            _mend_transparency(image, raw)
            maxval = int(raw[1]) if image.format == "PPM" and image.mode == "I" and isinstance(raw, tuple) else 65535
            orientation = orientation_of(image)
            upright = image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image
            file_format = {"MPO": "jpeg"}.get(str(image.format), str(image.format).lower())
            return DecodedImage(upright, file_format, maxval, _focal_px(image))
    except UnidentifiedImageError as error:
        reason = "not a picture in a format that is read here (JPEG, PNG, WebP, TIFF, BMP, GIF, PPM)"
        raise PictureError(path, reason, "Save it as PNG or JPEG") from error
    except _DAMAGE as error:
        raise PictureError.of(path, error) from error


@contextmanager
def open_picture(path: StrPath, data: bytes | None = None) -> Iterator[ImageFile.ImageFile]:
    """Open a picture file, or its content, for as long as it is read: its header now, its pixels once they are loaded.

    Pillow's warnings are silenced; raises any of UNREADABLE where the file is damaged, or the picture is too large:
    Pillow loads some to find what they say of themselves.
    """
    opened = open_regular(path) if data is None else io.BytesIO(data)
    with _quiet(), opened as stream, Image.open(stream, formats=FORMATS) as image:
        require_pixels(path, *image.size, _bytes_per_pixel(image), f"{image.format} in mode {image.mode}")
        yield image


def pixel_count(path: StrPath) -> int:
    """Return how many pixels a picture has, by its header; 0 where it can't be opened."""
    if not os.path.isfile(path):  # a named pipe would block for ever
        return 0
    try:
        with open_picture(path) as image:
            return image.width * image.height
    except UNREADABLE:
        return 0  # it is named when it is read


def reading_bytes(path: StrPath, least_per_pixel: float = 0) -> int:
    """Return how much memory reading a picture takes, by its header; 0 where it can't be opened.

    Args:
        path: The file.
        least_per_pixel: What a pixel takes at least, for what is done with the picture then.
    """
    if not os.path.isfile(path):
        return 0
    try:
        with open_picture(path) as image:
            in_full = 4 * len(image.getbands()) if _is_wide_colour(image) else 0
            return int(image.width * image.height * max(_bytes_per_pixel(image), in_full, least_per_pixel))
    except UNREADABLE:
        return 0


def _check_file(path: StrPath) -> None:
    """Refuse what must not even be opened: a named pipe would block for ever, a device never end."""
    try:
        status = os.stat(path)
    except OSError as error:
        if failed_call(error):
            raise PictureError.of(path, error) from error
        what = "a link that leads nowhere" if os.path.islink(path) else f"can't be read ({error.strerror})"
        raise PictureError(path, what, "Put the file back") from error
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(path, "not a regular file", "Put a picture in its place")
    if status.st_size == 0:
        raise PictureError(path, "empty (0 bytes)", "Replace it with a whole copy")
    if status.st_size > MAX_FILE_BYTES:
        reason = f"{status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read"
        raise PictureError(path, reason, "Save it smaller")


def _check_frames(path: StrPath, image: Image.Image) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # what phones write: the picture first, previews after it
        kind = f"{frames} pages" if image.format == "TIFF" else f"animated, {frames} frames"
        raise PictureError(path, f"{kind}; one still picture is wanted", "Save one of them as PNG")


def require_pixels(path: StrPath, width_px: int, height_px: int, bytes_per_pixel: float, kind: str) -> None:
    """Raise PictureError where a picture has too many pixels.

    Args:
        path: Its file, for the error.
        width_px: Its width.
        height_px: Its height.
        bytes_per_pixel: Bytes of memory that a pixel of it takes while it is read.
        kind: What it is, for the error.
    """
    most = min(MAX_PIXELS, int(MAX_DECODE_BYTES / bytes_per_pixel))
    if width_px * height_px > most:
        reason = f"{width_px}×{height_px} pixels; at most {most // 10**6} megapixels are decoded of {kind}"
        raise PictureError(path, reason, "Save it smaller")


def _bytes_per_pixel(image: Image.Image) -> float:
    """Return how many bytes a pixel takes while a picture is decoded, and then made RGB, RGBA or turned upright."""
    if image.format == "WEBP":
        return 17  # the decoder's two canvases, and a copy of one
    stored = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    made = 4 if stored == 4 or "transparency" in image.info else 3
    coefficients = 0.0
    if "progressive" in image.info:  # of 16 bits, of all channels, before the first pixel is made of them
        factors = [across * down for _, across, down, _ in image.layer]  # type: ignore[attr-defined]
        coefficients = 2 * sum(factors) / max(factors)
    return stored + max(made, coefficients)


def _is_wide_colour(image: ImageFile.ImageFile) -> bool:
    """Say whether a picture has colours of 16 bits, which may be read in full."""
    return len(image.getbands()) > 2 and any(";16" in str(tile[3]) for tile in image.tile)


def _mend_transparency(image: Image.Image, raw: Any) -> None:
    """Bring the transparent colour of a PNG (tRNS) to the range of the pixels, which Pillow scales without it."""
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and raw in ("L;2", "L;4"):
        image.info["transparency"] = transparent * (85 if raw == "L;2" else 17)
    elif isinstance(transparent, tuple) and raw == "RGB;16B":  # of the pixels, too, only the high byte is left
        image.info["transparency"] = tuple(value >> 8 for value in transparent)


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) where the EXIF data are damaged: the pixels are not."""
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except _DAMAGE:
        return 1


def _focal_px(image: Image.Image) -> float | None:
    """Return the focal length in pixels, None where there is none or the EXIF data are damaged: the pixels are not."""
    try:
        return focal_length_px(image)
    except _DAMAGE:
        return None


_quiet_lock = threading.Lock()
_quiet_filters = warnings.catch_warnings()
_quiet_readers = 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings (damaged metadata and the like: what matters fails) while any thread is reading.

    The warning filters belong to the whole process, so the first reader in sets them and the last one out restores
    them; a `catch_warnings` in each thread would restore them in the wrong order.
    """
    global _quiet_filters, _quiet_readers
    with _quiet_lock:
        if _quiet_readers == 0:
            _quiet_filters = warnings.catch_warnings()
            _quiet_filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _quiet_readers += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_readers -= 1
            if _quiet_readers == 0:
                _quiet_filters.__exit__(None, None, None)
