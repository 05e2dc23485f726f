"""Shadows of cut-outs: a soft one where it stands, and one that is thrown along the floor. Both are black layers."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.affine_warp import MILLI
from bgfg.data_manifests.images.resampling.cutout_shape import blur_radius_px, gaussian_blur
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.synth.painting.layers import multiplied_bells

# A contact shadow is a Gaussian: as wide as what stands on the ground, which are the lowest opaque rows, and a quarter
# as deep, out to three sigmas.
_SOLE_SHARE, _FLATNESS, _REACH = 12, 0.25, 3
# A thrown shadow is lighter, since the rest of the sky or the room lights it, and its edge is soft.
_THROWN_SHARE, _SOFTNESS = 0.6, 60
_SUBPIXELS = 32
_ONE = 1 << 10

# Alpha of a shadow, (h, w) uint8, and the x and y of its top-left corner from that of its cut-out.
Shadow = tuple[NDArray[np.uint8], int, int]


def contact_shadow(alpha_u8: NDArray[np.uint8], darkness_milli: int) -> Shadow | None:
    """Return the shadow where a cut-out stands; None where nothing of it is opaque.

    Args:
        alpha_u8: Its alpha, (h, w) uint8.
        darkness_milli: Alpha in the middle of the shadow, in thousandths.
    """
    opaque = alpha_u8 >= OPAQUE_U8
    rows = np.flatnonzero(opaque.any(axis=1))
    if not len(rows):
        return None
    bottom, height_px = int(rows[-1]), int(rows[-1] - rows[0]) + 1
    columns = np.flatnonzero(opaque[bottom - height_px // _SOLE_SHARE : bottom + 1].any(axis=0))
    left, right = int(columns[0]), int(columns[-1])
    across, down = _bells_under(right - left + 1)
    darkness = int(contact_darkness(np.array(darkness_milli)))
    return multiplied_bells(down, across, darkness), (left + right) // 2 - len(across) // 2, bottom - len(down) // 2


def thrown_shadow(alpha_u8: NDArray[np.uint8], tip_px: tuple[int, int], darkness_milli: int) -> Shadow | None:
    """Return the shadow that an upright cut-out throws along the floor; None where nothing of it is opaque.

    The cut-out is laid down so that its foot stays and its head comes to the tip.

    Args:
        alpha_u8: Its alpha, (h, w) uint8.
        tip_px: x and y of the shadow of its head, from its foot; y isn't 0.
        darkness_milli: Darkness of its contact shadow, in thousandths.
    """
    foot = foot_pixel(alpha_u8)
    if foot is None:
        return None
    tip_x, tip_y = tip_px
    rise_px = foot[0] - int(np.flatnonzero((alpha_u8 >= OPAQUE_U8).any(axis=1))[0]) + 1
    blur_milli = max(MILLI, MILLI * rise_px // _SOFTNESS)
    margin, w = blur_radius_px(blur_milli), alpha_u8.shape[1]
    top, bottom = min(0, tip_y) - margin, max(0, tip_y) + margin + 1
    left, right = min(0, tip_x) - foot[1] - margin, max(0, tip_x) + w - foot[1] + margin
    down, across = np.arange(top, bottom)[:, None], np.arange(left, right)
    # Where the foot is at 0, a point of the figure at height v lies v/rise of the way to the tip.
    rows = (foot[0] * _SUBPIXELS - down * rise_px * _SUBPIXELS // tip_y) + np.zeros_like(across)
    columns = (foot[1] + across) * _SUBPIXELS - down * tip_x * _SUBPIXELS // tip_y
    places = np.stack([columns // _SUBPIXELS, rows // _SUBPIXELS], axis=-1).clip(-2, max(alpha_u8.shape) + 2)
    between = (columns % _SUBPIXELS) + (rows % _SUBPIXELS) * _SUBPIXELS
    laid = cv2.remap(
        alpha_u8, places.astype(np.int16), between.astype(np.uint16), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    darker = np.arange(256) * round(darkness_milli * _THROWN_SHARE) // MILLI
    shadow = cv2.LUT(gaussian_blur(np.asarray(laid, np.uint8), blur_milli), darker.astype(np.uint8))
    return np.asarray(shadow, np.uint8), foot[1] + left, foot[0] + top


def contact_darkness(darkness_milli: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return levels in 1,024ths of darkness in thousandths."""
    return (255 * _ONE * darkness_milli + MILLI // 2) // MILLI


def bells(most_px: int) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Return the curves of contact shadows of all widths up to one, those across and those down.

    Args:
        most_px: The largest width of what stands on the ground.

    Returns:
        For either way the curves one after the other, in 1,024ths, (n,) int32; and where those of each width begin,
        from 0 on, which has none, (most_px + 2,) int32.
    """
    curves = [_bells_under(width_px) for width_px in range(1, most_px + 1)]
    found = []
    for of_way in zip(*curves, strict=True):
        starts = np.cumsum([0, 0, *map(len, of_way)], dtype=np.int32)
        found.append((np.concatenate(of_way), starts))
    return found


def _bells_under(width_px: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the curves across and down of the shadow under something of a width."""
    sigma_px = 1 + width_px / 2
    return _bell(sigma_px), _bell(max(1.0, sigma_px * _FLATNESS))


@lru_cache(maxsize=1024)
def _bell(sigma_px: float) -> NDArray[np.int32]:
    """Return a Gaussian in 1,024ths, out to where it is cut off; an odd number of values."""
    reach_px = math.ceil(_REACH * sigma_px)
    away = np.arange(-reach_px, reach_px + 1) / sigma_px
    return np.asarray(np.rint(_ONE * np.exp(-away * away / 2)), np.int32)
