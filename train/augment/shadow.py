"""The soft shadow that a person throws on the room, which a composite of a cut-out lacks."""

from __future__ import annotations

import numpy as np
import torch
from bgfg.train.augment.config import Strengths
from bgfg.train.augment.counter_rng import Draws, Purpose
from bgfg.train.augment.geometry import centres, resize
from bgfg.train.augment.subset import changed, column, rows
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

# Shadows are blurred in a frame of this side, whatever the picture's: they are as soft in every size, and cheap.
_SIDE_PX = 48
_BLUR_PX = (3, 9)  # windows of the hardest and the softest, in that frame

# Of the frame: sideways a height of one, its height a person's height of one, and the whole aside by.
_LEAN, _HEIGHT, _ASIDE = (-0.9, 0.9), (0.3, 1.1), (-0.12, 0.12)


def shaded(levels: Tensor, mask: Tensor, draws: Draws, strengths: Strengths) -> Tensor:
    """Return composites (n, 3, h, w) float32 with the shadows of those who are chosen; `levels` is used up.

    The person of the mask (n, 1, h, w) uint8 is tilted about the feet, as light from a side throws it on floor and
    wall, blurred, and taken from the light of what isn't the person.
    """
    bounds = (strengths.shadow_darkness, _LEAN, _HEIGHT, _ASIDE, (0.0, 1.0))
    drawn = [draws.between(Purpose.SHADOW, slot, *ends) for slot, ends in enumerate(bounds, start=1)]

    def shade(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        darkness, *fall = (column(values[which], part) for values in drawn)
        alpha = rows(mask, which)
        taken = _shadow(alpha, *fall).mul_(darkness).mul_(1 - alpha.float() / 255)
        return part.mul_(1 - taken)

    return changed(levels, draws.chosen(Purpose.SHADOW, strengths.shadow_share), shade)


def _shadow(alpha: Tensor, lean: Tensor, height: Tensor, aside: Tensor, softness: Tensor) -> Tensor:
    """Return where the shadow falls, (m, 1, h, w) float32 in 0..1; alpha is uint8, the others (m, 1, 1, 1)."""
    figure = resize(alpha, (_SIDE_PX, _SIDE_PX)).float() / 255
    hard, soft = (_blurred(figure, window_px) for window_px in _BLUR_PX)
    blurred = hard + (soft - hard) * softness
    y = centres(alpha.shape[2], alpha.device)[:, None]
    x = centres(alpha.shape[3], alpha.device)
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
    for window in ((window_px, 1), (1, window_px)) * 2:
        padding = (window[0] // 2, window[1] // 2)
        figure = F.avg_pool2d(figure, window, stride=1, padding=padding, count_include_pad=False)
    return figure
