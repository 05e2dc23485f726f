"""Fitting of pictures to the frame: crop to its aspect, resize by area, flip. Arrays in, arrays out.

Resizing is by area (each new pixel is the mean of the old ones under it); where it enlarges, OpenCV's INTER_AREA
interpolates bilinearly. The argument `path` is only named in errors.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError, StrPath
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.frame_geometry import centre_crop_box, fitted_cutout_size

_DEPTH_ASPECT_TOLERANCE = 0.01


def fit_background(rgb: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Crop (H, W, 3) uint8 to the aspect of (height_px, width_px, 3), about its centre, and resize it by area."""
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
    """Crop and resize a depth map as its background is, by nearest neighbour.

    Args:
        depth_mm: (H, W) uint16.
        background_shape: Shape of the background, (H', W', ...); the map may have another size.
        height_px: Height of the frame.
        width_px: Width of the frame.
        path: File of the map, for errors.

    Returns:
        (height_px, width_px) uint16.

    Raises:
        PictureError: The aspects differ by more than 1 % and by more than a pixel.
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
    # Whole rows are copied in no time, and turned in less than single pixels are picked.
    turned = cv2.transpose(np.take(depth_mm, rows, axis=0))
    return np.asarray(cv2.transpose(np.take(turned, columns, axis=0)), depth_mm.dtype)


def fit_cutout(
    rgba: NDArray[np.uint8], height_px: int, frame_height_px: int, frame_width_px: int, path: StrPath = "cut-out"
) -> NDArray[np.uint8]:
    """Resize a cut-out so that it lies wholly inside the frame; its aspect is kept.

    Args:
        rgba: (H, W, 4) uint8 RGBA, not premultiplied.
        height_px: Height that is wanted; less is taken where the frame is too small.
        frame_height_px: Height of the frame.
        frame_width_px: Width of the frame.
        path: File of the cut-out, for errors.

    Returns:
        (h, w, 4) uint8 RGBA.

    Raises:
        PictureError: No pixel of the result is at least half opaque, so nothing would be seen of it.
    """
    full_height_px, full_width_px = rgba.shape[:2]
    size_px = fitted_cutout_size(full_height_px, full_width_px, height_px, frame_height_px, frame_width_px)
    fitted = resize_cutout(rgba, *size_px)
    if (most := int(fitted[..., 3].max())) < OPAQUE_U8:
        reason = (
            f"nothing opaque is left of it at {fitted.shape[1]}×{fitted.shape[0]} px (alpha is at most {most} of 255)"
        )
        raise PictureError(path, reason, "Crop its empty margins, or make the figure opaque")
    return fitted


def resize_cutout(rgba: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Resize a cut-out by area.

    It is resized premultiplied, in float32, and rounded half up, so that no colour leaks out of transparent pixels
    (Porter and Duff, "Compositing digital images", 1984). At its own size only colour under alpha 0 changes.

    Args:
        rgba: (H, W, 4) uint8 RGBA, not premultiplied.
        height_px: New height.
        width_px: New width.

    Returns:
        (height_px, width_px, 4) uint8 RGBA, not premultiplied; black where alpha is 0.
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
    """Flip a picture (H, W, ...) horizontally."""
    return np.ascontiguousarray(pixels[:, ::-1])


def _resize_area(pixels: NDArray[Any], height_px: int, width_px: int) -> NDArray[Any]:
    return cv2.resize(pixels, (width_px, height_px), interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=64)  # pictures of a set have few sizes
@lru_cache(maxsize=64)  # maps of a set have one size
def _nearest(count: int, start: float, extent: float, source_count: int) -> NDArray[np.intp]:
    """Return the source pixels under `count` pixel centres, spread over [start, start + extent] of a unit axis."""
    # Rounding must not put a centre that lies on a border below it, hence the tiny shift.
    centres = (start + (np.arange(count) + 0.5) / count * extent) * source_count
    found = np.clip(np.floor(centres + 1e-9), 0, source_count - 1).astype(np.intp)
    found.setflags(write=False)
    return found
