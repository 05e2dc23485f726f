"""Where in a picture a score counts: on the person, on a band around the edge, on the background."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
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
    """Return the pixels within `radius_px`, middle to middle, of one of the mask's: (n, 1, h, w) bool both."""
    disk = _disk(radius_px).to(mask.device)
    with torch.autocast(mask.device.type, enabled=False):
        return F.conv2d(mask.float(), disk, padding=disk.shape[-1] // 2) > 0.5


def edge(mask: Tensor) -> Tensor:
    """Return the pixels of the mask that have one of their four neighbours outside it: (n, 1, h, w) bool both.

    The frame is no edge: beyond it the mask is taken to go on.
    """
    return mask & dilate(~mask, 1.0)


@lru_cache(maxsize=16)
def _disk(radius_px: float) -> Tensor:
    """Return (1, 1, 2r+1, 2r+1) float32: 1 within the radius of the middle."""
    offsets = torch.arange(-int(radius_px), int(radius_px) + 1)
    return (offsets[:, None] ** 2 + offsets**2 <= radius_px**2).float()[None, None]
