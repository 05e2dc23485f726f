"""Whether a picture shows anything: pictures that are black all over, or far smaller than they are to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8

# Level that the brightest hundredth of a picture must reach. Rooms at night have lamps; people in black have faces.
_DARKEST_U8 = 20
_BRIGHTEST_PERCENTILE = 99

# Pictures may be enlarged so many times before they are told to be tiny.
_MOST_ENLARGED = 4.0


def is_nearly_black(pixels: NDArray[np.uint8]) -> bool:
    """Say whether hardly a pixel of a picture (H, W, 3), or of what is opaque of a cut-out (H, W, 4), has any light."""
    brightest = pixels[..., :3].max(axis=2)
    if pixels.shape[2] == 4:
        brightest = brightest[pixels[..., 3] >= OPAQUE_U8]
    return brightest.size > 0 and float(np.percentile(brightest, _BRIGHTEST_PERCENTILE)) < _DARKEST_U8


def is_enlarged_too_much(shape: tuple[int, ...], fitted_shape: tuple[int, ...]) -> bool:
    """Say whether a picture (H, W, ...) is too small for the size (h, w, ...) to which it is enlarged."""
    return max(fitted / size for size, fitted in zip(shape[:2], fitted_shape[:2], strict=True)) > _MOST_ENLARGED
