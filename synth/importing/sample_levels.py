"""What an import notes of the pixels of a sample: where its mask is seen, and the sums that statistics are made of.

The work is done by sample_levels.c, which is compiled when bgfg is installed where there is a C compiler, else by
OpenCV, in three times the time.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.machine.compiled import compiled_library

_INTERFACE_VERSION = 2
_FOUND = 16  # numbers that are found


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of sample_levels.c; None where nothing was, or something else than is to be called."""
    found = compiled_library("bgfg.synth.importing._sample_levels", _INTERFACE_VERSION)
    if found:
        pointer, count = ctypes.c_void_p, ctypes.c_ssize_t
        found.look_at_sample.restype = None
        found.look_at_sample.argtypes = [pointer, pointer, pointer, count, count, count, pointer, pointer]
    return found


class ArraySums(NamedTuple):
    """What statistics of an array are made of.

    Attributes:
        values: How many it has, of one channel; of depth, those that are known.
        sums: Sum of each channel.
        squares: Sum of squares, likewise.
    """

    values: int
    sums: tuple[int, ...]
    squares: tuple[int, ...]


class SampleLevels(NamedTuple):
    """What was seen of a sample.

    Attributes:
        arrays: Sums of "image" and "mask", and of "depth" where there is one.
        visible_px: Pixels on which its mask is opaque.
        box: The smallest box around these: x, y, width, height; zeros where there are none.
    """

    arrays: dict[str, ArraySums]
    visible_px: int
    box: tuple[int, int, int, int]


class LevelReader:
    """Looks at samples of one size. Not for use by two threads at once."""

    def __init__(self, height_px: int, width_px: int) -> None:
        self._size_px = height_px, width_px
        self._columns, self._found = np.empty(width_px, np.uint8), np.empty(_FOUND, np.int64)
        self._places = _address(self._columns), _address(self._found)
        self._compiled = library()

    def read(
        self, image: NDArray[np.uint8], mask: NDArray[np.uint8], depth: NDArray[Any] | None = None
    ) -> SampleLevels:
        """Look at a sample.

        Args:
            image: (H, W, 3) uint8.
            mask: (H, W) uint8 alpha.
            depth: (H, W) uint8 or uint16 codes, 0 unknown; None where it has none.
        """
        if self._compiled is None or (image.shape[:2], mask.shape) != (self._size_px, self._size_px):
            return _read(image, mask, depth)
        image, mask = np.ascontiguousarray(image), np.ascontiguousarray(mask)
        codes = None if depth is None else np.ascontiguousarray(depth)
        of_codes = (None, 0) if codes is None else (_address(codes), codes.itemsize)
        self._compiled.look_at_sample(_address(image), _address(mask), *of_codes, *self._size_px, *self._places)
        r, g, b, r2, g2, b2, m, m2, d, d2, known, visible, x, y, width, height = self._found.tolist()
        count = mask.size
        arrays = {"image": ArraySums(count, (r, g, b), (r2, g2, b2)), "mask": ArraySums(count, (m,), (m2,))}
        if depth is not None:
            arrays["depth"] = ArraySums(known, (d,), (d2,))
        return SampleLevels(arrays, visible, (x, y, width, height))


def sums_of(pixels: NDArray[Any], is_depth: bool = False) -> ArraySums:
    """Return the sums of an array, (H, W) or (H, W, 3) uint8 or (H, W) uint16; of depth 0 isn't counted."""
    # A channel at a time, OpenCV adds up several pixels in an instruction: a third of the time of all at once.
    planes = cv2.split(pixels) if pixels.ndim > 2 else [pixels]
    squares = tuple(round(cv2.norm(plane, cv2.NORM_L2SQR)) for plane in planes)  # of a root, nearly whole
    count = cv2.countNonZero(pixels) if is_depth else pixels.size // len(planes)
    return ArraySums(count, tuple(int(total) for total in cv2.sumElems(pixels)[: len(planes)]), squares)


def _read(image: NDArray[np.uint8], mask: NDArray[np.uint8], depth: NDArray[Any] | None) -> SampleLevels:
    seen = (mask >= OPAQUE_U8).view(np.uint8)
    arrays = {"image": sums_of(image), "mask": sums_of(mask)}
    if depth is not None:
        arrays["depth"] = sums_of(depth, is_depth=True)
    x, y, width, height = cv2.boundingRect(seen)
    return SampleLevels(arrays, cv2.countNonZero(seen), (x, y, width, height))


def _address(pixels: NDArray[Any]) -> int:
    address: int = pixels.__array_interface__["data"][0]  # a third of the time of pixels.ctypes.data
    return address
