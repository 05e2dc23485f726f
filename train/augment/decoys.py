"""Decoys: things that are no people, put into a scene as people are.

Where all that is put into a scene is a person, its edges, its noise and its light tell as much as its looks, and a
network of one picture learns those (Dwibedi, Misra and Hebert, "Cut, paste and learn", ICCV 2017, paste distractors for
that reason). A decoy is the person's silhouette, turned on its side or its head and stretched, so that it is nobody's
any more, filled with a part of another background.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.distractors import figures
from bgfg.train.augment.subset import apply_to_chosen, per_picture, take

_TURNED_DEG = (60.0, 300.0)


def add_decoys(
    bare: Tensor, composite: Tensor, mask: Tensor, rng: CounterRng, config: AugmentConfig, others: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Put a decoy into a share of scenes: before the person, whose mask it covers, or behind.

    With alpha a of the person, figure f, its texture T and background B, a composite C becomes `C + f (T - C)` with the
    decoy before the person, and `C + (1 - a) f (T - B)` with it behind.

    Args:
        bare: The scenes without people, (n, 3, h, w) uint8; overwritten.
        composite: The scenes with people, (n, 3, h, w) uint8; overwritten.
        mask: (n, 1, h, w) uint8; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        others: Other backgrounds, (m, 3, h, w) uint8; without them nothing is done.

    Returns:
        The three, likewise.
    """
    chosen = rng.bernoulli(DrawPurpose.DECOY, config.decoy_share)
    if others is None or not chosen.any():
        return bare, composite, mask
    which = np.flatnonzero(chosen)
    figure = figures(take(mask, which), rng, DrawPurpose.DECOY, which, _TURNED_DEG)
    texture = _textures(others, rng, which)
    before = per_picture(np.round(rng.uniform(DrawPurpose.DECOY, 6)[which]), figure)  # 1: before, 0: behind
    hidden = (1 - before) * take(mask, which).float() / 255  # how much of the decoy the person hides
    scene = take(bare, which).float()
    with_decoy = scene + figure * (texture - scene)

    def put_in(part: Tensor, _which: NDArray[np.intp]) -> Tensor:
        seen = part.float()
        shown = seen + before * figure * (texture - seen) + (1 - before) * (1 - hidden) * (with_decoy - scene)
        return shown.round_().clamp_(0, 255).to(part.dtype)

    bare = apply_to_chosen(bare, chosen, lambda part, _which: with_decoy.round().to(part.dtype))
    composite = apply_to_chosen(composite, chosen, put_in)
    mask = apply_to_chosen(mask, chosen, lambda part, _which: (part * (1 - before * figure)).round_().to(part.dtype))
    return bare, composite, mask


def _textures(others: Tensor, rng: CounterRng, which: NDArray[np.intp]) -> Tensor:
    """Return another background for each of m samples, some mirrored, (m, 3, h, w) float32 levels 0..255."""
    number = rng.between(DrawPurpose.DECOY_LOOK, 1, 0, len(others)).astype(np.int64)
    mirrored = rng.uniform(DrawPurpose.DECOY_LOOK, 0) < 0.5
    return apply_to_chosen(take(others, number[which]).float(), mirrored[which], lambda part, _which: part.flip(3))
