"""Whether a picture shows anything: pictures that are black all over, or far smaller than they are to be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.strips import row_strips

# Level that the brightest hundredth of a picture must reach. Rooms at night have lamps; people in black have faces.
_DARKEST_U8 = 20
_BRIGHTEST_SHARE = 0.01

# Pictures may be enlarged so many times before they are told to be tiny.
_MOST_ENLARGED = 4.0


def is_nearly_black(pixels: NDArray[np.uint8]) -> bool:
    """Say whether hardly a pixel of a picture (H, W, 3), or of what is opaque of a cut-out (H, W, 4), has any light."""
    counts = np.zeros(256, np.int64)
    for rows in row_strips(len(pixels), pixels[:1].size):
        levels = brightest_channel(pixels[rows])
        if pixels.shape[2] == 4:
            levels = levels[pixels[rows, :, 3] >= OPAQUE_U8]
        counts += np.bincount(levels.ravel(), minlength=256)
    light, total = int(counts[_DARKEST_U8:].sum()), int(counts.sum())
    return total > 0 and light <= _BRIGHTEST_SHARE * (total - 1)


def brightest_channel(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the highest of the first three values of each pixel, (..., 3) or (..., 4) in, (...) out."""
    # Channel by channel, since NumPy's maximum along so short an axis takes many times as long.
    brightest: NDArray[Any] = np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    return brightest


def is_enlarged_too_much(shape: tuple[int, ...], fitted_shape: tuple[int, ...]) -> bool:
    """Say whether a picture (H, W, ...) is too small for the size (h, w, ...) to which it is enlarged."""
    return max(fitted / size for size, fitted in zip(shape[:2], fitted_shape[:2], strict=True)) > _MOST_ENLARGED
