"""Perceptual hashes of pictures, by which near-duplicates are found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def luma_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the grey levels of (H, W, 3) RGB uint8 that `perceptual_hash` looks at, (H, W) uint8."""
    return np.asarray(Image.fromarray(rgb).convert("L"))


def perceptual_hash(luma: NDArray[np.uint8]) -> int:
    """Return the 64-bit perceptual hash of (H, W) uint8: signs of the lowest DCT terms against their median."""
    import imagehash  # pulls scipy, which a command without near-duplicates need not wait for

    bits = imagehash.phash(Image.fromarray(luma)).hash
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
