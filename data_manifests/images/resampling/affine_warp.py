"""Turning and scaling of pictures in whole numbers: the same on every machine, to the byte.

The scale s is in thousandths, the turn r in thousandths of a degree, counter-clockwise as the picture is looked at. Let
c and n be round(2^15·cos(r) / t) and round(2^15·sin(r) / t), t = s·2^L / 1000, where L says how often the picture is
halved first: so often that t is above 1/2. The new pixel (X, Y) of w'×h' looks at the place

    u = (2X + 1 − w')·c − (2Y + 1 − h')·n + w·2^(15 − L) − 2^15
    v = (2X + 1 − w')·n + (2Y + 1 − h')·c + h·2^(15 − L) − 2^15

of the old one of w×h, in 65,536ths of a pixel of the halved one, which is rounded to 32nds; it is the mean of the four
pixels there, weighted by how near they are, half up, where there is nothing beyond the edges. Halving takes the mean of
four, half up, where an odd edge has nothing beside it.

The work is done by affine_warp.c, which is compiled when bgfg is installed where there is a C compiler, else by OpenCV.
"""

from __future__ import annotations

import ctypes
import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.machine.compiled import compiled_library

MILLI = 1000
_FULL_TURN_MDEG = 360 * MILLI
_ONE = 1 << 15
_SUBPIXEL_BITS = 5  # places are known to 32nds of a pixel, as OpenCV's fixed-point maps have them
_SUBPIXELS = (1 << _SUBPIXEL_BITS) - 1
_PLACE_BITS = 16 - _SUBPIXEL_BITS
_INTERFACE_VERSION = 1
_COMPILED_CHANNELS = ((), (1,), (4,))
_SLACK = 1 / 200  # a box is rounded up, but for less than this share of a pixel


def warped_size(height_px: int, width_px: int, scale_milli: int, rotation_mdeg: int) -> tuple[int, int]:
    """Return the height and width in px of the box around a picture that was scaled and turned."""
    cos, sin = (abs(each) * scale_milli / MILLI for each in cos_sin(rotation_mdeg))
    height = height_px * cos + width_px * sin
    width = width_px * cos + height_px * sin
    return max(1, math.ceil(height - _SLACK)), max(1, math.ceil(width - _SLACK))


def warp(pixels: NDArray[np.uint8], scale_milli: int, rotation_mdeg: int) -> NDArray[np.uint8]:
    """Scale and turn a picture about its middle.

    Args:
        pixels: (h, w) or (h, w, C) uint8; colours premultiplied by alpha, so that none leaks out of what is
            transparent.
        scale_milli: Scale in thousandths, 1 or more.
        rotation_mdeg: Turn in thousandths of a degree, counter-clockwise.

    Returns:
        (h', w') or (h', w', C) uint8, of `warped_size`; the same array where nothing is to be done.
    """
    if scale_milli == MILLI and rotation_mdeg % _FULL_TURN_MDEG == 0:
        return pixels
    h, w = pixels.shape[:2]
    height_px, width_px = warped_size(h, w, scale_milli, rotation_mdeg)
    level = 0
    while scale_milli << level <= MILLI // 2:
        pixels, level = _halved(pixels), level + 1
    cos, sin = (round(_ONE * each * MILLI / (scale_milli << level)) for each in cos_sin(rotation_mdeg))
    # Where the first new pixel looks, and how far on the next one does.
    u, v = ((side * _ONE >> level) - _ONE + (1 << _PLACE_BITS - 1) for side in (w, h))
    u += (1 - width_px) * cos - (1 - height_px) * sin
    v += (1 - width_px) * sin + (1 - height_px) * cos
    placing = _Placing(u, v, 2 * cos, 2 * sin)
    compiled = library() if pixels.shape[2:] in _COMPILED_CHANNELS else None
    if compiled is None:
        return _warp_by_map(pixels, placing, height_px, width_px)
    warped = np.empty((height_px, width_px, *pixels.shape[2:]), np.uint8)
    pixels = np.ascontiguousarray(pixels)
    channels = pixels.shape[2] if pixels.ndim > 2 else 1
    shapes = (*pixels.shape[:2], channels, placing, warped.ctypes.data, height_px, width_px)
    if compiled.warp(pixels.ctypes.data, *shapes):
        raise MemoryError("no memory to turn a picture")
    return warped


class _Placing(ctypes.Structure):
    _fields_ = (("u", ctypes.c_int64), ("v", ctypes.c_int64), ("cos", ctypes.c_int64), ("sin", ctypes.c_int64))


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of affine_warp.c, which takes less than half of the time."""
    found = compiled_library("bgfg.data_manifests.images.resampling._affine_warp", _INTERFACE_VERSION)
    if found:
        pointer, count = ctypes.c_void_p, ctypes.c_ssize_t
        found.warp.restype = ctypes.c_int
        found.warp.argtypes = [pointer, count, count, count, ctypes.POINTER(_Placing), pointer, count, count]
    return found


def _warp_by_map(pixels: NDArray[np.uint8], placing: _Placing, height_px: int, width_px: int) -> NDArray[np.uint8]:
    import cv2  # only here: it takes 17 MB, and whoever opens a corpus imports this module

    across, down = np.arange(width_px, dtype=np.int32), np.arange(height_px, dtype=np.int32)
    u = across * placing.cos + (placing.u - down * placing.sin)[:, None]
    v = across * placing.sin + (placing.v + down * placing.cos)[:, None]
    u >>= _PLACE_BITS
    v >>= _PLACE_BITS
    places = np.empty((height_px, width_px, 2), np.int16)
    np.right_shift(u, _SUBPIXEL_BITS, out=places[..., 0], casting="unsafe")
    np.right_shift(v, _SUBPIXEL_BITS, out=places[..., 1], casting="unsafe")
    u &= _SUBPIXELS
    v &= _SUBPIXELS
    v <<= _SUBPIXEL_BITS
    u |= v
    # With maps in fixed point OpenCV's weights are whole numbers, and so are its sums.
    warped = cv2.remap(pixels, places, u.astype(np.uint16), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(warped, np.uint8)


def cos_sin(rotation_mdeg: int) -> tuple[float, float]:
    """Return cosine and sine of a turn in thousandths of a degree."""
    radians = math.radians(rotation_mdeg / MILLI)
    return math.cos(radians), math.sin(radians)


def cos_sin_each(rotations_mdeg: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return cosines and sines of (n,) turns, (2, n) float64, to the last digit those of `cos_sin`."""
    radians = (
        rotations_mdeg / MILLI * (math.pi / 180)
    ).tolist()  # NumPy's own cosines aren't everywhere the C library's
    return np.array([list(map(math.cos, radians)), list(map(math.sin, radians))], np.float64)


def _halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    h, w = pixels.shape[:2]
    even = np.zeros((h + h % 2, w + w % 2, *pixels.shape[2:]), np.uint16)
    even[:h, :w] = pixels
    sums = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((sums + 2) >> 2).astype(np.uint8)
