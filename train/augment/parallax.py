"""Parallax of a hand-held camera that has stepped aside: what is near shifts further than what is far.

No depth is needed, so that photographs have it too: how near a place is is drawn, falling from the lower border, where
the floor is, to the upper one, and with things before it, each as near all over, whose outlines are sharp. Parallax by
true depth is that of depth_parallax.py.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bgfg.train.augment.config import REFERENCE_PX, AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose, standard_normals
from bgfg.train.augment.geometry import pixel_centres, sample_at
from bgfg.train.augment.subset import apply_to_chosen, per_picture

# Nodes a side of the noise that things are made of, and how sharply they stand out from what is behind them.
_NODES = 6
_SHARPNESS = (1.0, 8.0)
# Share of nearness that is the floor's; the rest is that of things.
_FLOOR = (0.0, 1.0)


def shift_by_parallax(
    levels: Tensor, rng: CounterRng, config: AugmentConfig, besides: NDArray[np.bool_] | None = None
) -> Tensor:
    """Shift places of pictures by as much as they are near, all of a picture in one direction.

    Args:
        levels: (n, C, h, w) float32; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        besides: (n,) bool, pictures that are left as they are, for they were shifted by their depth; None for none.
    """
    chosen = rng.bernoulli(DrawPurpose.PARALLAX, config.parallax_share)
    if besides is not None:
        chosen &= ~besides
    angle = rng.between(DrawPurpose.PARALLAX, 1, 0, 2 * np.pi)
    # The frame's sides are 2 long, so this is from one end of nearness, -1, to its middle.
    reach = rng.between(DrawPurpose.PARALLAX, 2, 0, 2 * config.parallax_px_at_224 / REFERENCE_PX)
    floor = rng.between(DrawPurpose.PARALLAX, 3, *_FLOOR)
    sharpness = rng.between(DrawPurpose.PARALLAX, 4, *_SHARPNESS)
    keys = rng.noise_keys(DrawPurpose.PARALLAX)
    height_px, width_px = levels.shape[-2:]

    def shift(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        near = _nearness(keys[which], floor[which], sharpness[which], part)
        x, y = pixel_centres(width_px, part.device), pixel_centres(height_px, part.device)[:, None]
        across, down = (
            per_picture((reach * side)[which], part)[:, 0]
            for side in (np.cos(angle), np.sin(angle) * width_px / height_px)
        )
        return sample_at(part, x + across * near, y + down * near)

    return apply_to_chosen(levels, chosen, shift)


def _nearness(
    keys: NDArray[np.int32], floor: NDArray[np.float64], sharpness: NDArray[np.float64], like: Tensor
) -> Tensor:
    """Return how near places are, (m, h, w) float32 in -1..1, for pictures like these."""
    height_px, width_px = like.shape[-2:]
    noise = standard_normals(torch.from_numpy(keys).to(like.device), _NODES**2).view(-1, 1, _NODES, _NODES)
    smooth = F.interpolate(noise, (height_px, width_px), mode="bilinear", align_corners=False)
    things = torch.tanh(smooth * per_picture(sharpness, like))[:, 0]
    share = per_picture(floor, like)[:, 0]
    return share * pixel_centres(height_px, like.device)[:, None] + (1 - share) * things
