"""PNGs that say nothing of themselves but their pixels, as most do: decoded by OpenCV, without an image object.

Rows that were stored without a filter, as those of masks often are, are inflated alone: by zlib-ng, where it is
installed, in a fifth of OpenCV's time, by Python's own zlib in most of it. The pixels are the same.

What has a palette, alpha, a transparent colour, a colour profile, an orientation, fewer than 8 bits or colours of more,
is interlaced, damaged or large, is left to Pillow.
"""

from __future__ import annotations

import struct
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

try:
    from zlib_ng import zlib_ng as inflating
except ImportError:
    import zlib as inflating  # type: ignore[no-redef, unused-ignore]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_KINDS = {(_GREY, 8), (_GREY, 16), (_RGB, 8)}
_PIXELS, _TEXT, _END = b"IDAT", b"tEXt", b"IEND"
_SAYS_NOTHING = {b"IHDR", _PIXELS, _END, b"pHYs", b"tIME"}
_NO_EXIF = (b"Software\0", b"Comment\0", b"Title\0", b"Author\0")  # of texts, some hold EXIF data or XMP
_BESIDE_CONTENT = 12  # bytes of a chunk: length, kind, checksum
_NO_FILTER = b"\0"
_MUCH_SMALLER = 8  # times: then all is inflated at once, and filters looked for after that
_MOST_PIXELS = 50_000_000
_CHUNK = struct.Struct(">I4s")


def decode_plain_png(data: bytes) -> NDArray[Any] | None:
    """Return the pixels of a plain PNG, (H, W) grey or (H, W, 3) RGB; None for what is none, or can't be decoded.

    Args:
        data: Content of a file.

    Returns:
        uint8, or uint16 for grey of 16 bits.
    """
    if data[: len(_SIGNATURE)] != _SIGNATURE or len(data) < 33:
        return None
    packed = _packed_pixels(data)
    if packed is None:
        return None
    width_px, height_px, bits, colours, *ways = struct.unpack(">IIBBBBB", data[16:29])
    if (colours, bits) not in _KINDS or any(ways) or not 0 < width_px * height_px <= _MOST_PIXELS:
        return None
    if (colours, bits) == (_GREY, 8) and (rows := _unfiltered(packed, height_px, width_px)) is not None:
        return rows
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != (height_px, width_px):
        return None
    return pixels if colours == _GREY else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def _packed_pixels(data: bytes) -> bytes | None:
    """Return the packed pixels of a PNG all of whose chunks are whole and say nothing else; None of others."""
    place, packed = len(_SIGNATURE), []
    while place + _BESIDE_CONTENT <= len(data):
        length, kind = _CHUNK.unpack_from(data, place)
        start, stop = place + 8, place + 8 + length
        says_nothing = kind in _SAYS_NOTHING or (kind == _TEXT and data.startswith(_NO_EXIF, start))
        if not says_nothing or inflating.crc32(data[start - 4 : stop]).to_bytes(4) != data[stop : stop + 4]:
            return None
        if kind == _PIXELS:
            packed.append(data[start:stop])
        place = stop + 4
        if kind == _END:
            return b"".join(packed) if place == len(data) else None
    return None


def _unfiltered(packed: bytes, height_px: int, width_px: int) -> NDArray[np.uint8] | None:
    """Return the rows of packed pixels of a byte each, (H, W); None where a row has a filter, or they are damaged."""
    size_bytes = height_px * (1 + width_px)
    try:
        may_be_costly = _MUCH_SMALLER * len(packed) > size_bytes
        if may_be_costly and inflating.decompressobj().decompress(packed, 1) != _NO_FILTER:
            return None
        stream = inflating.decompressobj()
        rows = stream.decompress(packed, size_bytes + 1)
    except cast(type[Exception], inflating.error):
        return None
    if len(rows) != size_bytes or not stream.eof:
        return None
    filters_and_pixels = np.frombuffer(rows, np.uint8).reshape(height_px, 1 + width_px)
    return None if filters_and_pixels[:, 0].any() else filters_and_pixels[:, 1:].copy()
