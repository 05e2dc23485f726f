"""Soft shadows that people throw on the room, which composites of cut-outs lack."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.geometry import pixel_centres, resize
from bgfg.train.augment.subset import apply_to_chosen, per_picture, take

# Shadows are blurred in a frame of this side, whatever the picture's: they are as soft in every size, and cheap.
_SIDE_PX = 48
_BLUR_PX = (3, 9)  # windows of the hardest and the softest, in that frame

# A shadow leans sideways by so much of its height, is so many times as high as the person, and lies so far aside (the
# frame's sides are 2 long).
_LEAN, _HEIGHT, _ASIDE = (-0.9, 0.9), (0.3, 1.1), (-0.12, 0.12)


def add_shadows(levels: Tensor, mask: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Add the shadow of the person to a share of composites.

    The person's silhouette is tilted about the feet, as light from a side throws it on floor and wall, blurred, and
    taken from the light of what isn't the person.

    Args:
        levels: Composites, (n, 3, h, w) float32; overwritten.
        mask: (n, 1, h, w) uint8.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
    """
    bounds = (config.shadow_darkness, _LEAN, _HEIGHT, _ASIDE, (0.0, 1.0))
    drawn = [rng.between(DrawPurpose.SHADOW, slot, *ends) for slot, ends in enumerate(bounds, start=1)]

    def shade(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        darkness, *fall = (per_picture(values[which], part) for values in drawn)
        alpha = take(mask, which)
        taken = _shadow(alpha, *fall).mul_(darkness).mul_(1 - alpha.float() / 255)
        return part.mul_(1 - taken)

    return apply_to_chosen(levels, rng.bernoulli(DrawPurpose.SHADOW, config.shadow_share), shade)


def _shadow(alpha: Tensor, lean: Tensor, height: Tensor, aside: Tensor, softness: Tensor) -> Tensor:
    """Return where the shadow falls, (m, 1, h, w) float32 in 0..1; alpha: uint8; the others: (m, 1, 1, 1)."""
    figure = resize(alpha, (_SIDE_PX, _SIDE_PX)).float() / 255
    hard, soft = (_blurred(figure, window_px) for window_px in _BLUR_PX)
    blurred = hard + (soft - hard) * softness
    y = pixel_centres(alpha.shape[2], alpha.device)[:, None]
    x = pixel_centres(alpha.shape[3], alpha.device)
    # For each pixel, the place in the silhouette whose shadow falls there.
    above_feet = _feet(figure) - y  # (m, 1, h, 1)
    source_x = x - lean * above_feet - aside
    source_y = (y + above_feet - above_feet / height).expand_as(source_x)
    grid = torch.stack([source_x[:, 0], source_y[:, 0]], dim=-1)
    return F.grid_sample(blurred, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _feet(figure: Tensor) -> Tensor:
    """Return how far down the person reaches, (m, 1, 1, 1), −1 at the frame's top, 1 at its bottom."""
    rows = torch.arange(1, _SIDE_PX + 1, device=figure.device)
    lowest = ((figure.amax(dim=3) > 0.5) * rows).amax(dim=2)  # (m, 1)
    return (lowest * (2 / _SIDE_PX) - 1)[:, :, None, None]


def _blurred(figure: Tensor, window_px: int) -> Tensor:
    """Blur by two box filters in a row, which come near to a Gaussian."""
    for window in ((window_px, 1), (1, window_px)) * 2:
        padding = (window[0] // 2, window[1] // 2)
        figure = F.avg_pool2d(figure, window, stride=1, padding=padding, count_include_pad=False)
    return figure
