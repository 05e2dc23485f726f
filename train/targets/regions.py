"""Where in a picture a score counts: on the person, on a band around the edge, on the background."""

from __future__ import annotations

import math

import torch
from torch import Tensor

REGIONS = ("foreground", "band", "background")

# The band is 8 px wide, 4 on each side of the edge, at the size of the corpus, and as wide a share of other sizes.
_BAND_SIDE_PX = 4.0
_AT_PX = 224


def regions(mask: Tensor) -> dict[str, Tensor]:
    """Return the regions of masks: (n, 1, h, w) bool each.

    mask: (n, 1, h, w) bool, or a share of coverage in 0..1 that counts from a half on. "foreground" is the mask,
    "background" the rest, and "band", which overlaps both, is what lies within 4 px of the other side of the edge at
    224 px, and within as large a share of the shorter side, but at least 1 px, at other sizes.
    """
    mask = mask if mask.dtype == torch.bool else mask >= 0.5
    radius_px = max(1.0, _BAND_SIDE_PX * min(mask.shape[-2:]) / _AT_PX)
    return {"foreground": mask, "band": dilate(mask, radius_px) & dilate(~mask, radius_px), "background": ~mask}


def dilate(mask: Tensor, radius_px: float) -> Tensor:
    """Return the pixels within `radius_px`, middle to middle, of one of the mask's: (n, 1, h, w) bool both.

    The disk is put together of rows, from its short ones above and below to the long one in its middle: some shifted
    copies of the mask, which is many times faster than a convolution with a single channel.
    """
    height_px, width_px = mask.shape[-2:]
    found, row, reach = mask.clone(), mask.clone(), 0
    for dy in range(int(radius_px), -1, -1):
        while reach < math.isqrt(int(radius_px**2 - dy**2)):
            reach += 1
            left = max(0, width_px - reach)
            row[..., reach:] |= mask[..., :left]
            row[..., :left] |= mask[..., reach:]
        above = max(0, height_px - dy)
        found[..., dy:, :] |= row[..., :above, :]
        found[..., :above, :] |= row[..., dy:, :]
    return found


def edge(mask: Tensor) -> Tensor:
    """Return the pixels of the mask that have one of their four neighbours outside it: (n, 1, h, w) bool both.

    The frame is no edge: beyond it the mask is taken to go on.
    """
    return mask & dilate(~mask, 1.0)
