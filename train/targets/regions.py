"""Regions of a picture in which scores are taken: the person, a band around the edge, and the background."""

from __future__ import annotations

import math

import torch
from torch import Tensor

REGIONS = ("foreground", "band", "background")

# The band is 4 px wide on each side of the edge at the size of the corpus, 224 px, and in proportion at other sizes.
_BAND_SIDE_PX = 4.0
_AT_PX = 224


def regions(mask: Tensor) -> dict[str, Tensor]:
    """Return the regions of masks, (n, 1, h, w) bool each: "foreground", "band" and "background".

    "foreground" is the mask, "background" the rest, and "band", which overlaps both, is what lies within 4 px of the
    other side of the edge at 224 px, and within as large a share of the shorter side, but at least 1 px, at other
    sizes.

    Args:
        mask: (n, 1, h, w) bool, or coverage in 0..1 that counts from a half on.
    """
    mask = mask if mask.dtype == torch.bool else mask >= 0.5
    radius_px = max(1.0, _BAND_SIDE_PX * min(mask.shape[-2:]) / _AT_PX)
    return {"foreground": mask, "band": dilate(mask, radius_px) & dilate(~mask, radius_px), "background": ~mask}


def dilate(mask: Tensor, radius_px: float) -> Tensor:
    """Return the pixels within `radius_px`, centre to centre, of one of the mask's: (n, 1, h, w) bool both.

    The disk is put together of rows, from its short ones above and below to the long one in its middle: some shifted
    copies of the mask, which is many times faster than a convolution with a single channel.
    """
    height_px, width_px = mask.shape[-2:]
    # `row` is the mask widened by `reach` px to both sides; it only grows, since rows get longer towards the middle.
    dilated, row, reach = mask.clone(), mask.clone(), 0
    for dy in range(int(radius_px), -1, -1):
        while reach < math.isqrt(int(radius_px**2 - dy**2)):
            reach += 1
            left = max(0, width_px - reach)
            row[..., reach:] |= mask[..., :left]
            row[..., :left] |= mask[..., reach:]
        above = max(0, height_px - dy)
        dilated[..., dy:, :] |= row[..., :above, :]
        dilated[..., :above, :] |= row[..., dy:, :]
    return dilated


def edge(mask: Tensor) -> Tensor:
    """Return the pixels of the mask that have one of their four neighbours outside it: (n, 1, h, w) bool both.

    The border of the frame is no edge: beyond it the mask is taken to go on.
    """
    return mask & dilate(~mask, 1.0)
