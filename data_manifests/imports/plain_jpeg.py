"""JPEGs that say nothing of themselves but their pixels, as most do: decoded by simplejpeg, without an image object.

Pillow parses the tags of a JPEG in Python, which takes as long as decoding a small one; OpenCV takes nearly twice the
time. What has an orientation, a colour profile or other colours than JFIF's, is cut short or large, is left to Pillow.
"""

from __future__ import annotations

import struct
from collections import deque

import numpy as np
import simplejpeg
from numpy.typing import NDArray

_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"
_SAYS_MORE = (0xE1, 0xE2, 0xEE)  # APP1, APP2, APP14: Exif and XMP, colour profiles and previews, other colours
_SCAN = 0xDA  # what follows is pixels
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_MOST_PIXELS = 50_000_000
_MARK, _SEGMENT, _FRAME = 0xFF, struct.Struct(">BBH"), struct.Struct(">HHB")

# What the last kinds of plain JPEGs began with, down to their pixels, and their sizes: one encoder repeats itself.
_heads: deque[tuple[bytes, tuple[int, int, int]]] = deque(maxlen=4)


def plain_jpeg_size(data: bytes) -> tuple[int, int, int] | None:
    """Return height, width and number of channels of a plain JPEG; None for everything else.

    Args:
        data: Content of a file.
    """
    return plain_jpeg_frame(data) if data[-2:] == _END else None


def plain_jpeg_frame(beginning: bytes) -> tuple[int, int, int] | None:
    """Return the same by what a file begins with; None where that doesn't reach to the pixels.

    Args:
        beginning: The first bytes of a file.
    """
    data = beginning
    if data[:2] != _BEGIN:
        return None
    for head, known in tuple(_heads):
        if data.startswith(head):
            return known
    place, size = 2, None
    while place + 10 <= len(data):
        begin, marker, size_bytes = _SEGMENT.unpack_from(data, place)
        if begin != _MARK or marker in _SAYS_MORE:
            return None
        if marker == _SCAN:
            if size is not None:
                _heads.append((data[: place + 10], size))
            return size
        if marker in _FRAMES:
            height_px, width_px, channels = _FRAME.unpack_from(data, place + 5)
            is_read = channels in (1, 3) and 0 < height_px * width_px <= _MOST_PIXELS
            size = (height_px, width_px, channels) if is_read else None
        place += 2 + size_bytes
    return None


def decode_plain_jpeg(data: bytes) -> NDArray[np.uint8] | None:
    """Return the pixels of a plain JPEG, (H, W) grey or (H, W, 3) RGB; None for what is none, or can't be decoded.

    Args:
        data: Content of a file.
    """
    size = plain_jpeg_size(data)
    if size is None:
        return None
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "GRAY" if size[2] == 1 else "RGB")
    except ValueError:  # damaged: Pillow says how
        return None
    return pixels[..., 0] if size[2] == 1 else pixels
