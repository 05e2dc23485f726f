"""Pictures made to fit the frame: crop to the aspect, resize by area, flip. Arrays in, arrays out.

Resizing is by area (each new pixel is the mean of the old ones under it); OpenCV's INTER_AREA enlarges bilinearly.
The functions name `path` in what they raise, for the caller knows it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from bgfg.data_manifests.images.decode import PictureError, StrPath
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8
from bgfg.data_manifests.placement.placements import fitted_size
from numpy.typing import NDArray

_DEPTH_ASPECT_TOLERANCE = 0.01


def centre_crop_box(
    height_px: int, width_px: int, frame_height_px: int, frame_width_px: int
) -> tuple[int, int, int, int]:
    """Return (top, left, height, width) in px of the largest centred box with the frame's aspect, at least 1 px."""
    crop_height_px = min(height_px, max(1, round(width_px * frame_height_px / frame_width_px)))
    crop_width_px = min(width_px, max(1, round(height_px * frame_width_px / frame_height_px)))
    return (height_px - crop_height_px) // 2, (width_px - crop_width_px) // 2, crop_height_px, crop_width_px


def fit_background(rgb: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return (height_px, width_px, 3) uint8: the centre crop of (H, W, 3) uint8 to that aspect, resized by area."""
    top, left, crop_height_px, crop_width_px = centre_crop_box(rgb.shape[0], rgb.shape[1], height_px, width_px)
    cropped = rgb[top : top + crop_height_px, left : left + crop_width_px]
    if cropped.shape[:2] == (height_px, width_px):
        return np.ascontiguousarray(cropped)
    return _resize_area(cropped, height_px, width_px).astype(np.uint8)


def fit_depth(
    depth_mm: NDArray[np.uint16],
    background_shape: tuple[int, ...],
    height_px: int,
    width_px: int,
    path: StrPath = "depth map",
) -> NDArray[np.uint16]:
    """Return (height_px, width_px) uint16: the part of (H, W) that its background's crop keeps, nearest neighbour.

    The map may have another size than its background, (H', W', ...); an aspect more than 1 % (and a pixel) away from it
    is refused.
    """
    depth_height_px, depth_width_px = depth_mm.shape
    full_height_px, full_width_px = background_shape[:2]
    expected_width_px = depth_height_px * full_width_px / full_height_px
    # A pixel is allowed in any case: a map of 60×40 for a picture of 1000×667 is as near as it can be.
    if abs(depth_width_px - expected_width_px) > max(1.0, _DEPTH_ASPECT_TOLERANCE * expected_width_px):
        reason = (
            f"the depth map is {depth_width_px}×{depth_height_px} and its background {full_width_px}×{full_height_px}:"
            " the shapes differ by more than 1 %"
        )
        raise PictureError(path, reason, "Give the depth map of this very picture")
    top, left, crop_height_px, crop_width_px = centre_crop_box(full_height_px, full_width_px, height_px, width_px)
    rows = _nearest(height_px, top / full_height_px, crop_height_px / full_height_px, depth_height_px)
    columns = _nearest(width_px, left / full_width_px, crop_width_px / full_width_px, depth_width_px)
    return depth_mm[np.ix_(rows, columns)]


def fit_cutout(
    rgba: NDArray[np.uint8], height_px: int, frame_height_px: int, frame_width_px: int, path: StrPath = "cut-out"
) -> NDArray[np.uint8]:
    """Return (h, w, 4) uint8 with h = `height_px`, or less so that it lies wholly inside the frame; the aspect is kept.

    Refused where no pixel of the result is more than half opaque: nothing would be seen of it.
    """
    full_height_px, full_width_px = rgba.shape[:2]
    size_px = fitted_size(full_height_px, full_width_px, height_px, frame_height_px, frame_width_px)
    fitted = resize_cutout(rgba, *size_px)
    if (most := int(fitted[..., 3].max())) < OPAQUE_U8:
        reason = (
            f"nothing opaque is left of it at {fitted.shape[1]}×{fitted.shape[0]} px (alpha is at most {most} of 255)"
        )
        raise PictureError(path, reason, "Crop its empty margins, or make the figure opaque")
    return fitted


def resize_cutout(rgba: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return (height_px, width_px, 4) uint8 of (H, W, 4) RGBA uint8, not premultiplied; black where alpha is 0.

    Resized premultiplied, by area, in float32 and rounded half up, so that no colour leaks out of transparent pixels
    (Porter and Duff, "Compositing digital images", 1984). At its own size only colour under alpha 0 changes.
    """
    if rgba.shape[:2] == (height_px, width_px):
        return np.where(rgba[..., 3:] > 0, rgba, 0).astype(np.uint8)
    alpha = rgba[..., 3].astype(np.float32)
    resized_alpha = _resize_area(alpha, height_px, width_px)
    alpha_u8 = np.floor(resized_alpha + 0.5)
    seen = alpha_u8 > 0
    planes = []
    for channel in range(3):  # one plane at a time: a quarter of the memory on a photo of 12 megapixels
        premultiplied = _resize_area(rgba[..., channel] * alpha, height_px, width_px)
        colour = np.divide(premultiplied, resized_alpha, out=np.zeros_like(premultiplied), where=seen)
        planes.append(np.floor(colour + 0.5))
    levels: NDArray[np.float32] = np.clip(np.stack([*planes, alpha_u8], axis=2), 0, 255)
    return levels.astype(np.uint8)


def flip(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture (H, W, ...) with left and right exchanged."""
    return np.ascontiguousarray(pixels[:, ::-1])


def _resize_area(pixels: NDArray[Any], height_px: int, width_px: int) -> NDArray[Any]:
    return cv2.resize(pixels, (width_px, height_px), interpolation=cv2.INTER_AREA)


def _nearest(count: int, start: float, extent: float, source_count: int) -> NDArray[np.intp]:
    """Return for `count` pixel centres spread over [start, start + extent] of a unit axis the source pixels below."""
    centres = (start + (np.arange(count) + 0.5) / count * extent) * source_count
    return np.clip(np.floor(centres + 1e-9), 0, source_count - 1).astype(np.intp)
