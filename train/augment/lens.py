"""What lenses and resizing do to a photograph: corners darken, and details go by filters of many kinds."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.geometry import pixel_centres
from bgfg.train.augment.subset import apply_to_chosen, per_picture

# Modes of F.interpolate: of those that shrink, some before the pixels alias and one that lets them.
_SHRINKING = ("area", "bilinear", "bicubic", "nearest")
_ENLARGING = ("bilinear", "bicubic", "nearest")
_ANTIALIASED = ("bilinear", "bicubic")


def vignette(levels: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Darken pictures towards their corners, by the square of the distance from the middle.

    Args:
        levels: (n, 3, h, w) float32, levels 0..255; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
    """
    darkness = rng.between(DrawPurpose.VIGNETTE, 1, *config.vignette_darkness)
    height_px, width_px = levels.shape[-2:]
    y, x = pixel_centres(height_px, levels.device)[:, None], pixel_centres(width_px, levels.device)
    distance = (x * width_px) ** 2 + (y * height_px) ** 2
    distance /= height_px**2 + width_px**2  # squared, 1 in the corners

    def darken(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        return part.mul_(1 - per_picture(darkness[which], part) * distance)

    return apply_to_chosen(levels, rng.bernoulli(DrawPurpose.VIGNETTE, config.vignette_share), darken)


def resample(levels: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Make pictures smaller and large again, each to a size and by filters of its own.

    Args:
        levels: (n, 3, h, w) float32, levels 0..255, which bicubic filters may leave; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
    """
    side = rng.between(DrawPurpose.RESAMPLE, 1, *config.resample_side)
    down, up = (
        (rng.uniform(DrawPurpose.RESAMPLE, slot) * len(modes)).astype(np.int64)
        for slot, modes in ((2, _SHRINKING), (3, _ENLARGING))
    )
    size_px = levels.shape[-2:]

    def again(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        return torch.cat([resized(part[i : i + 1], place) for i, place in enumerate(which)])

    def resized(picture: Tensor, place: np.intp) -> Tensor:
        smaller_px = [max(1, round(side[place] * whole)) for whole in size_px]
        shrinking, enlarging = _SHRINKING[down[place]], _ENLARGING[up[place]]
        small = F.interpolate(picture, smaller_px, mode=shrinking, antialias=shrinking in _ANTIALIASED)
        return F.interpolate(small, size_px, mode=enlarging)

    return apply_to_chosen(levels, rng.bernoulli(DrawPurpose.RESAMPLE, config.resample_share), again)
