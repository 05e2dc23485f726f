"""Resizing of maps in torch: masks by area, codes by the nearest pixel, outputs of networks bilinearly."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the field's own name


def area(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize maps (n, 1, H, W) of any dtype to (n, 1, h, w) float32, each pixel the mean over the area it covers.

    Pixels cut by the edge of such an area count by their share of it, as in OpenCV's INTER_AREA; so the mean of a map
    stays what it was, and a mask keeps its size to a fraction of a pixel.
    """
    maps = maps.float()
    height_px, width_px = size
    if maps.shape[-2:] == size:
        return maps
    rows = _shares(maps.shape[-2], height_px).to(maps.device)
    columns = _shares(maps.shape[-1], width_px).to(maps.device)
    with torch.autocast(maps.device.type, enabled=False):
        return rows @ maps @ columns.mT


def nearest(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize maps (n, 1, H, W) of any dtype to (n, 1, h, w), each pixel the one under its middle."""
    height_px, width_px = size
    if maps.shape[-2:] == size:
        return maps
    rows = _under(maps.shape[-2], height_px).to(maps.device)
    columns = _under(maps.shape[-1], width_px).to(maps.device)
    return maps[:, :, rows[:, None], columns]


def bilinear(maps: Tensor, size: tuple[int, int], antialias: bool = False) -> Tensor:
    """Resize maps (n, C, H, W) of any dtype to (n, C, h, w) float32, bilinearly, also where autocast is on.

    Args:
        maps: Maps that a network puts out.
        size: Height and width, h and w.
        antialias: Whether a map that shrinks is smoothed first; without, pixels between the samples are lost.
    """
    with torch.autocast(maps.device.type, enabled=False):
        return F.interpolate(maps.float(), size=size, mode="bilinear", antialias=antialias)


@lru_cache(maxsize=64)
def _shares(source_px: int, target_px: int) -> Tensor:
    """Return (target, source) float32: the share of each target pixel that each source pixel covers."""
    ends = torch.arange(target_px + 1, dtype=torch.float64) * source_px / target_px
    pixels = torch.arange(source_px, dtype=torch.float64)
    overlap = torch.minimum(ends[1:, None], pixels + 1) - torch.maximum(ends[:-1, None], pixels)
    return (overlap.clamp(min=0) * target_px / source_px).float()


@lru_cache(maxsize=64)
def _under(source_px: int, target_px: int) -> Tensor:
    """Return (target,) int64: the source pixel under the middle of each target pixel."""
    return (2 * torch.arange(target_px) + 1) * source_px // (2 * target_px)
