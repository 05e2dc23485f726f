"""People with the texture of other backgrounds: to find them, a network must compare the shots, not know people.

A network that has seen a hundred drawn people knows drawn people, and finds people on photographs only in patches. If
textures are drawn at random, the real ones are some more of them (domain randomisation: Tobin et al., IROS 2017).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.subset import apply_to_chosen, per_picture, take

# Of the background that gives the texture: the share of its contrast that is left (little gives plain cloth), the light
# that it is seen under, and the tint of each channel. Of the person's own texture, the share that is left at most.
_CONTRAST, _LIGHT, _TINT, _OWN = (0.0, 1.2), (0.2, 1.3), (0.6, 1.4), 0.6


class BackgroundTexture:
    """A texture for each sample of a batch: another background, its colours changed."""

    def __init__(self, others: Tensor, rng: CounterRng, purpose: DrawPurpose) -> None:
        """Draw the textures of a batch.

        Args:
            others: Other backgrounds, (m, 3, h, w) uint8.
            rng: The draws of the batch.
            purpose: Which draws say what background is taken, and how it is changed.
        """
        self._others = others
        self._number = rng.between(purpose, 1, 0, len(others)).astype(np.int64)
        self._turned = rng.uniform(purpose, 0) < 0.5
        self._contrast, self._light = rng.between(purpose, 2, *_CONTRAST), rng.between(purpose, 3, *_LIGHT)
        self._tints = [rng.between(purpose, slot, *_TINT) for slot in (4, 5, 6)]

    def for_samples(self, which: NDArray[np.intp]) -> Tensor:
        """Return the textures of the samples at m places in the batch, (m, 3, h, w) float32 levels 0..255."""
        texture = take(self._others, self._number[which]).float()
        texture = apply_to_chosen(texture, self._turned[which], lambda some, _which: some.flip(2))
        tint = torch.cat([per_picture(tint[which], texture) for tint in self._tints], dim=1)
        mean = texture.mean(dim=(2, 3), keepdim=True)
        flatter = mean + (texture - mean) * per_picture(self._contrast[which], texture)
        return (flatter * (per_picture(self._light[which], texture) * tint)).clamp_(0, 255)


def repaint_people(
    levels: Tensor, bare: Tensor, mask: Tensor, rng: CounterRng, config: AugmentConfig, others: Tensor | None
) -> Tensor:
    """Give the people of a share of composites the texture of another background.

    Edges stay as soft as they were: with alpha a, background B, new texture F' and share w of the own texture, a·F
    becomes `w (levels - (1 - a) B) + (1 - w) a F'`.

    Args:
        levels: Composites, (n, 3, h, w) float32, levels 0..255; overwritten.
        bare: Their backgrounds, (n, 3, h, w) uint8.
        mask: Their masks, (n, 1, h, w) uint8.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        others: Other backgrounds, (m, 3, h, w) uint8; without them nothing is done.
    """
    chosen = rng.bernoulli(DrawPurpose.REPAINT, config.repaint_share)
    if others is None or not chosen.any():
        return levels
    texture = BackgroundTexture(others, rng, DrawPurpose.REPAINT_LOOK)
    own = rng.between(DrawPurpose.REPAINT, 1, 0, _OWN)

    def repaint(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        alpha = take(mask, which).float() / 255
        behind = take(bare, which).float().mul_(1 - alpha)
        share = per_picture(own[which], part)
        worn = (part - behind) * share + texture.for_samples(which) * alpha * (1 - share)
        return worn.add_(behind).clamp_(0, 255)

    return apply_to_chosen(levels, chosen, repaint)
