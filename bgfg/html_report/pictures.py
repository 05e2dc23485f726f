"""Pictures inside a page, so that it and what it shows are of one moment: made anew as JPEG or PNG."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_writing import encode_png
from bgfg.synth.overview.thumbnails import jpeg_bytes

# Below this it is no picture any more, and is taken as it is.
_LEAST_SIDE_PX = 48

# Pictures of more values are shown as JPEG.
_LARGE_VALUES = 1_500_000


@dataclass(frozen=True)
class Picture:
    """A picture within a page.

    Attributes:
        source: Its data URI.
        width_px: Width.
        height_px: Height.
        told: What it shows, for those who can't see it.
    """

    source: str
    width_px: int
    height_px: int
    told: str


def embedded(rgb: NDArray[np.uint8], told: str, most_bytes: int, side_px: int) -> Picture:
    """Return a picture as JPEG.

    Args:
        rgb: (H, W, 3) uint8 RGB.
        told: What it shows, in words.
        most_bytes: More than its file may have; it is made smaller until that holds.
        side_px: Its longer side, at most.
    """
    while True:
        scale = min(1.0, side_px / max(rgb.shape[:2]))
        if scale < 1:
            height_px, width_px = (max(1, round(side * scale)) for side in rgb.shape[:2])
            rgb = np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
        data = jpeg_bytes(rgb)
        if len(data) <= most_bytes or max(rgb.shape[:2]) <= _LEAST_SIDE_PX:
            return Picture(data_url(data, "jpeg"), rgb.shape[1], rgb.shape[0], told)
        side_px = int(max(rgb.shape[:2]) * 0.8)


def whole(pixels: NDArray[np.uint8], told: str) -> Picture:
    """Return (H, W) grey or (H, W, 3) RGB uint8 in its own size: as PNG, where it is large and in colours as JPEG.

    Args:
        pixels: The picture.
        told: What it shows, in words.
    """
    is_large = pixels.size > _LARGE_VALUES and pixels.ndim == 3
    source = data_url(jpeg_bytes(pixels, 92), "jpeg") if is_large else data_url(encode_png(pixels), "png")
    return Picture(source, pixels.shape[1], pixels.shape[0], told)


def heat_map(shares: NDArray[np.float64], told: str, side_px: int) -> Picture:
    """Return shares as a picture, from dark where they are 0 to bright where they are the largest.

    Args:
        shares: (H, W), 0 or more.
        told: What it shows, in words.
        side_px: Its longer side.
    """
    levels = np.round(255 * shares / max(shares.max(), 1e-12)).astype(np.uint8)
    scale = side_px / max(levels.shape)
    height_px, width_px = (max(1, round(side * scale)) for side in levels.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    coloured = cv2.applyColorMap(cv2.resize(levels, (width_px, height_px), interpolation=way), cv2.COLORMAP_VIRIDIS)
    return Picture(data_url(cv2.imencode(".png", coloured)[1].tobytes(), "png"), width_px, height_px, told)


def data_url(data: bytes, kind: str) -> str:
    """Return the address that holds a picture file whole, "jpeg" or "png"."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
