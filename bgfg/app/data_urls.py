"""Pictures inside pages: addresses that hold them whole, so that a page and what it shows are of one moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_io import encode_png
from bgfg.html_report.pictures import data_url
from bgfg.synth.overview.thumbnails import jpeg_bytes

# Pictures of more values are shown as JPEG.
_LARGE_VALUES = 1_500_000


def picture_url(pixels: NDArray[np.uint8]) -> str:
    """Return the address of (H, W) grey or (H, W, 3) RGB uint8: as PNG, where it is large and in colours as JPEG."""
    if pixels.size > _LARGE_VALUES and pixels.ndim == 3:
        return data_url(jpeg_bytes(pixels, 92), "jpeg")
    return data_url(encode_png(pixels), "png")
