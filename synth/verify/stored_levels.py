"""What the marks of shards say of their pixels, counted again: exact sums of levels, and how often a code occurs.

The work is done by stored_levels.c, which is compiled when bgfg is installed where there is a C compiler, else by
histograms of OpenCV, in five to ten times the time.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.machine.compiled import compiled_library
from bgfg.synth.store.done_marks import level_histograms

_INTERFACE_VERSION = 1
_LEVELS = np.arange(256)


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of stored_levels.c; None where nothing was, or something else than is to be called."""
    found = compiled_library("bgfg.synth.verify._stored_levels", _INTERFACE_VERSION)
    if found:
        pointer, count = ctypes.c_void_p, ctypes.c_ssize_t
        found.sum_levels.restype = found.count_codes.restype = None
        found.sum_levels.argtypes, found.count_codes.argtypes = (
            [pointer, count, count, pointer],
            [pointer, count, pointer],
        )
    return found


def level_sums(block: NDArray[np.uint8], channels: int) -> NDArray[np.int64]:
    """Return the sums of levels and of their squares.

    Args:
        block: uint8, C-contiguous; channels, if more than one, last.
        channels: 1 or 3.

    Returns:
        (2, channels) int64.
    """
    if (compiled := library()) is None:
        histograms = level_histograms(block, channels)
        return np.stack([histograms @ _LEVELS, histograms @ _LEVELS**2])
    sums = np.zeros((2, channels), np.int64)
    compiled.sum_levels(block.ctypes.data, block.size, channels, sums.ctypes.data)
    return sums


def code_counts(codes: NDArray) -> NDArray[np.int64]:
    """Return how often each code occurs, (256,) int64, or (65536,) of uint16.

    Args:
        codes: uint8 or uint16, C-contiguous.
    """
    if codes.dtype != np.uint8 or (compiled := library()) is None:
        histogram: NDArray[np.int64] = level_histograms(codes, 1)[0]
        return histogram
    counts = np.zeros(256, np.int64)
    compiled.count_codes(codes.ctypes.data, codes.size, counts.ctypes.data)
    return counts
