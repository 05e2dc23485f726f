"""Ways of blending a cut-out, beside plain alpha: feathered edges, and colours that flow from the background.

Whatever the way, the mask is the alpha of the cut-out: one and the same place is labelled alike, and a feathered edge
is half-transparent where the mask's is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.cutout_shape import FEATHER_MILLI, gaussian_blur
from bgfg.data_manifests.images.resampling.frame_geometry import clip_to_frame
from bgfg.synth.painting import layers

_LEAST_PX = 8  # what is narrower has no inside whose colours could flow
_REACH_PX = 5


def feathered(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a cut-out with edges that a Gaussian softens (Dwibedi et al., "Cut, paste and learn", ICCV 2017).

    Alpha is blurred; colours are the cut-out's own where it is opaque, and blurred with alpha beyond.

    Args:
        pixels: (h, w, 4) uint8 premultiplied RGBA, with a margin around it.

    Returns:
        The same size and kind.
    """
    soft, alpha = gaussian_blur(pixels, FEATHER_MILLI), pixels[..., 3:]
    if compiled := layers.library():
        own_u8 = np.ascontiguousarray(pixels)
        compiled.keep_own_colours(own_u8.ctypes.data, soft.ctypes.data, alpha.size)
        return soft
    own = np.rint(pixels[..., :3] * (soft[..., 3:] / np.maximum(alpha, np.uint8(1)).astype(np.float32)))
    soft[..., :3] = np.where(alpha >= OPAQUE_U8, own, soft[..., :3])
    return soft


def poisson_blended(pixels: NDArray[np.uint8], background: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """Return a cut-out with the colours that Poisson blending gives it on a background.

    Source: Pérez et al., "Poisson image editing" (SIGGRAPH 2003), as OpenCV's seamlessClone solves it, in floating
    point: another build of OpenCV may round some pixels otherwise.

    Args:
        pixels: (h, w, 4) uint8 premultiplied RGBA.
        background: (H, W, 3) uint8 RGB.
        x: Column of its top-left corner in the background.
        y: Row of it.

    Returns:
        The same size and kind; as it was where its opaque part within the frame is too small.
    """
    r = _REACH_PX
    h, w = (side + 2 * r for side in pixels.shape[:2])
    wide = np.asarray(cv2.copyMakeBorder(pixels, r, r, r, r, cv2.BORDER_CONSTANT), np.uint8)
    # The solution is held to the background all around the part that changes, which therefore ends before the frame.
    left, top = x - r, y - r
    (rows, columns), part = clip_to_frame(left - 1, top - 1, w, h, background.shape[1] - 2, background.shape[0] - 2)
    inside = wide[part]
    if min(inside.shape[:2]) < _LEAST_PX or not (inside[..., 3] >= OPAQUE_U8).any():
        return pixels
    # Grown, so that what flows in from the background flows through what is transparent and not over the rim.
    opaque = np.where(inside[..., 3] >= OPAQUE_U8, np.uint8(255), np.uint8(0))
    grown = np.asarray(cv2.dilate(opaque, np.ones((r, r), np.uint8)), np.uint8)
    mask = _framed(grown, cv2.BORDER_CONSTANT)
    seen = mask[1:-1, 1:-1] > 0  # asked before seamlessClone, which writes into the mask that it is given
    under = np.ascontiguousarray(background[rows.start : rows.stop + 2, columns.start : columns.stop + 2])
    source = _framed(_extended_colours(inside), cv2.BORDER_REPLICATE)
    middle = under.shape[1] // 2, under.shape[0] // 2
    cloned = cv2.seamlessClone(source, under, mask, middle, cv2.NORMAL_CLONE_WIDE)[1:-1, 1:-1]
    alpha = np.ascontiguousarray(inside[..., 3])
    flowing = cv2.multiply(np.ascontiguousarray(cloned), cv2.merge([alpha] * 3), scale=1 / 255)
    inside[..., :3][seen] = flowing[seen]
    return wide[r:-r, r:-r]


def _framed(pixels: NDArray[np.uint8], border: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.copyMakeBorder(pixels, 1, 1, 1, 1, border), np.uint8)


def _extended_colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return colours that aren't multiplied by alpha, and go on beyond the rim: (h, w, 3) uint8."""
    near = np.where(pixels[..., 3:] >= OPAQUE_U8, pixels, gaussian_blur(pixels, FEATHER_MILLI))
    alpha = np.maximum(near[..., 3:], np.uint8(1)).astype(np.float32)
    return np.rint(near[..., :3] * (255 / alpha)).clip(0, 255).astype(np.uint8)
