"""PNGs that say nothing of themselves but their pixels, as most do: decoded by OpenCV, without an image object.

What has a palette, alpha, a transparent colour, a colour profile, an orientation, fewer than 8 bits or colours of more,
is interlaced, damaged or large, is left to Pillow.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_KINDS = {(_GREY, 8), (_GREY, 16), (_RGB, 8)}
_PIXELS, _TEXT, _END = b"IDAT", b"tEXt", b"IEND"
_SAYS_NOTHING = {b"IHDR", _PIXELS, _END, b"pHYs", b"tIME"}
_NO_EXIF = (b"Software\0", b"Comment\0", b"Title\0", b"Author\0")  # of texts, some hold EXIF data or XMP
_BESIDE_CONTENT = 12  # bytes of a chunk: length, kind, checksum
_MOST_PIXELS = 50_000_000


def decode_plain_png(data: bytes) -> NDArray[Any] | None:
    """Return the pixels of a plain PNG, (H, W) grey or (H, W, 3) RGB; None for what is none, or can't be decoded.

    Args:
        data: Content of a file.

    Returns:
        uint8, or uint16 for grey of 16 bits.
    """
    if data[: len(_SIGNATURE)] != _SIGNATURE or len(data) < 33 or not _is_plain(data):
        return None
    width_px, height_px, bits, colours, *ways = struct.unpack(">IIBBBBB", data[16:29])
    if (colours, bits) not in _KINDS or any(ways) or not 0 < width_px * height_px <= _MOST_PIXELS:
        return None
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != (height_px, width_px):
        return None
    return pixels if colours == _GREY else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def _is_plain(data: bytes) -> bool:
    """Say whether all chunks of a PNG are whole, and say nothing but its pixels."""
    place = len(_SIGNATURE)
    while place + _BESIDE_CONTENT <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        start, stop = place + 8, place + 8 + length
        says_nothing = kind in _SAYS_NOTHING or (kind == _TEXT and data.startswith(_NO_EXIF, start))
        if not says_nothing or zlib.crc32(data[start - 4 : stop]).to_bytes(4) != data[stop : stop + 4]:
            return False
        place = stop + 4
        if kind == _END:
            return bool(place == len(data))
    return False
