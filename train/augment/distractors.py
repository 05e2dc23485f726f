"""Distractors: another figure of any shape in the picture, since people of a corpus may be slim and alone.

A network would learn that too. The person's own silhouette, stretched, turned and moved, gives a shape that no corpus
holds; its texture is a part of another background. It stands in front of the person.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.geometry import pixel_centres
from bgfg.train.augment.subset import apply_to_chosen, per_picture, take
from bgfg.train.augment.texture import BackgroundTexture

# How much wider and taller than the person a figure is, how far turned, and where its middle is (the frame's sides are
# 2 long).
_WIDER, _TALLER, _TURNED_DEG, _PLACE = (0.7, 4.0), (0.5, 2.0), 45.0, (-0.8, 0.8)


def add_distractors(
    levels: Tensor, mask: Tensor, rng: CounterRng, config: AugmentConfig, others: Tensor | None
) -> tuple[Tensor, Tensor, NDArray[np.bool_]]:
    """Add a figure to a share of composites and to their masks.

    Args:
        levels: Composites, (n, 3, h, w) float32, levels 0..255; overwritten.
        mask: (n, 1, h, w) uint8; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        others: Other backgrounds, (m, 3, h, w) uint8; without them nothing is done.

    Returns:
        Composites, masks, and (n,) bool, which of them have a figure more.
    """
    chosen = rng.bernoulli(DrawPurpose.CROWD, config.crowd_share)
    if others is None or not chosen.any():
        return levels, mask, np.zeros_like(chosen)
    which = np.flatnonzero(chosen)
    figure = figures(take(mask, which), rng, DrawPurpose.CROWD, which, (-_TURNED_DEG, _TURNED_DEG))
    texture = BackgroundTexture(others, rng, DrawPurpose.CROWD_LOOK).for_samples(which)
    levels = apply_to_chosen(levels, chosen, lambda part, _which: part + (texture - part) * figure)
    mask = apply_to_chosen(mask, chosen, lambda part, _which: _joined(part, figure))
    return levels, mask, chosen


def _joined(mask: Tensor, figure: Tensor) -> Tensor:
    """Return the alpha of person and figure together, (m, 1, h, w) uint8."""
    through = (1 - mask.float() / 255) * (1 - figure)
    return ((1 - through) * 255).round_().to(torch.uint8)


def figures(
    mask: Tensor, rng: CounterRng, purpose: DrawPurpose, which: NDArray[np.intp], turned_deg: tuple[float, float]
) -> Tensor:
    """Return figures made of silhouettes, stretched, turned and moved.

    Args:
        mask: The silhouettes, (m, 1, h, w) uint8.
        rng: The draws of the batch.
        purpose: Which draws say how.
        which: Places of the m samples in the batch.
        turned_deg: Least and greatest angle that they are turned by.

    Returns:
        Alpha, (m, 1, h, w) float32 in 0..1.
    """
    alpha = mask.float() / 255
    wider, taller = (np.exp(rng.between(purpose, slot, *np.log(ends))) for slot, ends in ((1, _WIDER), (2, _TALLER)))
    angle = np.radians(rng.between(purpose, 3, *turned_deg))
    at_x, at_y = (rng.between(purpose, slot, *_PLACE) for slot in (4, 5))
    x, y, across, down, cosine, sine = (
        per_picture(drawn[which], alpha)[:, 0] for drawn in (at_x, at_y, wider, taller, np.cos(angle), np.sin(angle))
    )
    # For each pixel of the picture, the place in the silhouette that it shows: moved back, turned back, shrunk.
    x, y = pixel_centres(alpha.shape[3], alpha.device) - x, pixel_centres(alpha.shape[2], alpha.device)[:, None] - y
    middle_x, middle_y = _middle(alpha)
    grid = torch.stack([(cosine * x + sine * y) / across + middle_x, (cosine * y - sine * x) / down + middle_y], dim=-1)
    return F.grid_sample(alpha, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _middle(alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Return the centre of gravity, x and y, (m, 1, 1) each, in -1..1; 0 where there is nothing."""
    total = alpha.sum(dim=(1, 2, 3)).clamp(min=1)
    x = (alpha.sum(dim=(1, 2)) * pixel_centres(alpha.shape[3], alpha.device)).sum(1) / total
    y = (alpha.sum(dim=(1, 3)) * pixel_centres(alpha.shape[2], alpha.device)).sum(1) / total
    return x.view(-1, 1, 1), y.view(-1, 1, 1)
