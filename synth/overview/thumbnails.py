"""Pages of thumbnails: many samples at once, small, as composites, masks, depth or instances."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.preview import INSTANCE_COLOURS, depth_range_m

Shown = Literal["image", "mask", "depth", "instance"]
SHOWN: tuple[Shown, ...] = ("image", "mask", "depth", "instance")

PAGE_SAMPLES = 60
_SIDE_PX = 128


def thumbnail_page(
    reader: SampleReader, samples: NDArray[np.int64], shown: Shown = "image", side_px: int = _SIDE_PX
) -> list[NDArray[np.uint8] | None]:
    """Return thumbnails of samples, in their order.

    Args:
        reader: Reads the samples.
        samples: (n,) numbers of samples, PAGE_SAMPLES of them, say.
        shown: Which array of each.
        side_px: The longer side of a thumbnail; pictures are made smaller for it, never larger.

    Returns:
        (h, w, 3) uint8 RGB each; None for a sample of which this array isn't made.

    Raises:
        Problem: A block is damaged or gone, or the corpus was planned or labelled anew meanwhile.
    """
    is_made = reader.is_made(shown, samples)
    if not is_made.any():
        return [None] * len(samples)
    pixels = reader.read([shown], samples[is_made])[shown]
    thumbnails = iter([_shrunk(_in_colours(reader, shown, each), side_px) for each in pixels])
    return [next(thumbnails) if made else None for made in is_made.tolist()]


def jpeg_bytes(rgb: NDArray[np.uint8], quality: int = 85) -> bytes:
    """Return (H, W, 3) uint8 RGB as a JPEG file."""
    return cv2.imencode(".jpeg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()


def _in_colours(reader: SampleReader, shown: Shown, pixels: NDArray) -> NDArray[np.uint8]:
    match shown:
        case "mask":
            return np.asarray(np.repeat(pixels[..., None], 3, axis=2), np.uint8)
        case "instance":
            return np.asarray(INSTANCE_COLOURS[pixels])
        case "depth":
            near_m, far_m = depth_range_m(reader.corpus)
            return colour_depth(reader.corpus.depth_code().decode(pixels), near_m, far_m)
    return pixels


def _shrunk(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    height_px, width_px = picture.shape[:2]
    scale = min(1.0, side_px / max(height_px, width_px))
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
