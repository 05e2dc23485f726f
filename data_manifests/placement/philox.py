"""Philox4x32-10, the counter-based random generator.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Under a key every counter has four
random words of its own, so what is drawn for a sample depends on its own numbers (seed, b, f, k) alone: not on what was
drawn before, nor on how many workers draw.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_WORD_BITS = np.uint64(32)


def philox4x32(counter: NDArray[np.integer], key: int) -> NDArray[np.uint64]:
    """Generate four random words for each counter; tested against the known answers of Random123.

    Args:
        counter: (..., 4), each word in 0..2^32-1.
        key: 64 bits.

    Returns:
        (..., 4) uint64 words below 2^32.
    """
    x0, x1, x2, x3 = np.moveaxis(counter.astype(np.uint64) & _LOW, -1, 0)
    for r in range(10):
        key0 = np.uint64((key + r * _WEYL[0]) & 0xFFFFFFFF)
        key1 = np.uint64(((key >> 32) + r * _WEYL[1]) & 0xFFFFFFFF)
        a, b = x0 * _MULTIPLIERS[0], x2 * _MULTIPLIERS[1]
        x0, x1, x2, x3 = (b >> _WORD_BITS) ^ x1 ^ key0, b & _LOW, (a >> _WORD_BITS) ^ x3 ^ key1, a & _LOW
    return np.stack([x0, x1, x2, x3], axis=-1)


def scale_words(words: NDArray[np.uint64], count: NDArray[np.uint64] | int) -> NDArray[np.uint64]:
    """Map 32-bit words onto 0..count-1 by multiply-shift.

    For `count` below 2^16 no value's share is off by 1 in 65,536.
    """
    return (words * np.asarray(count, np.uint64)) >> _WORD_BITS
