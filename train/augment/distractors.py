"""Somebody else in the picture, of any shape: drawn people are slim and alone, and a network learns that too.

The person's own silhouette, stretched, turned and moved, is one that no corpus holds; what it wears is a part of
another background. It stands in front of whoever is there.
"""

from __future__ import annotations

import numpy as np
import torch
from bgfg.train.augment.config import Strengths
from bgfg.train.augment.counter_rng import Draws, Purpose
from bgfg.train.augment.geometry import centres
from bgfg.train.augment.subset import changed, column, rows
from bgfg.train.augment.texture import Paint
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

# How much wider and taller than the person, how far turned, and where its middle is (the frame's sides are 2 long).
_WIDER, _TALLER, _TURNED_DEG, _PLACE = (0.7, 4.0), (0.5, 2.0), 45.0, (-0.8, 0.8)


def crowded(
    levels: Tensor, mask: Tensor, draws: Draws, strengths: Strengths, others: Tensor | None
) -> tuple[Tensor, Tensor, NDArray[np.bool_]]:
    """Return composites and masks with somebody more in those that are chosen, (n,) bool, and which those are.

    levels: (n, 3, h, w) float32 levels and mask: (n, 1, h, w) uint8, both used up; others: (m, 3, h, w) uint8, needed
    where any are chosen.
    """
    chosen = draws.chosen(Purpose.CROWD, strengths.crowd_share)
    if others is None or not chosen.any():
        return levels, mask, np.zeros_like(chosen)
    which = np.flatnonzero(chosen)
    figure = _figures(rows(mask, which), draws, which)
    paint = Paint(others, draws, Purpose.CROWD_LOOK).of(which)
    levels = changed(levels, chosen, lambda part, _which: part + (paint - part) * figure)
    mask = changed(mask, chosen, lambda part, _which: _joined(part, figure))
    return levels, mask, chosen


def _joined(mask: Tensor, figure: Tensor) -> Tensor:
    """Return the alpha of what is there or in front of it, uint8."""
    through = (1 - mask.float() / 255) * (1 - figure)
    return ((1 - through) * 255).round_().to(torch.uint8)


def _figures(mask: Tensor, draws: Draws, which: NDArray[np.intp]) -> Tensor:
    """Return the silhouettes of (m, 1, h, w) uint8 masks, changed, as alpha (m, 1, h, w) float32 in 0..1."""
    alpha = mask.float() / 255
    wider, taller = (
        np.exp(draws.between(Purpose.CROWD, slot, *np.log(ends))) for slot, ends in ((1, _WIDER), (2, _TALLER))
    )
    angle = np.radians(draws.between(Purpose.CROWD, 3, -_TURNED_DEG, _TURNED_DEG))
    at_x, at_y = (draws.between(Purpose.CROWD, slot, *_PLACE) for slot in (4, 5))
    x, y, across, down, cosine, sine = (
        column(drawn[which], alpha)[:, 0] for drawn in (at_x, at_y, wider, taller, np.cos(angle), np.sin(angle))
    )
    x, y = centres(alpha.shape[3], alpha.device) - x, centres(alpha.shape[2], alpha.device)[:, None] - y
    middle_x, middle_y = _middle(alpha)
    grid = torch.stack([(cosine * x + sine * y) / across + middle_x, (cosine * y - sine * x) / down + middle_y], dim=-1)
    return F.grid_sample(alpha, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _middle(alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Return the centre of gravity, x and y (m, 1, 1) each in -1..1; 0 where there is nothing."""
    total = alpha.sum(dim=(1, 2, 3)).clamp(min=1)
    x = (alpha.sum(dim=(1, 2)) * centres(alpha.shape[3], alpha.device)).sum(1) / total
    y = (alpha.sum(dim=(1, 3)) * centres(alpha.shape[2], alpha.device)).sum(1) / total
    return x.view(-1, 1, 1), y.view(-1, 1, 1)
