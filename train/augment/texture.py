"""People painted anew, with what no person wears: who learns from them must look at what differs, not for a person.

A network that has seen a hundred drawn people knows drawn people: photographs of people it finds in patches. Where the
surfaces are drawn at random, what is real is one more of them (domain randomisation: Tobin et al., IROS 2017).
"""

from __future__ import annotations

import numpy as np
import torch
from bgfg.train.augment.config import Strengths
from bgfg.train.augment.counter_rng import Draws, Purpose
from bgfg.train.augment.subset import changed, column, rows
from numpy.typing import NDArray
from torch import Tensor

# Of the picture that a person is painted with: what is left of its contrast (little gives plain cloth), the light that
# it is seen under, and the tint of each channel. Of the person's own looks, what is left at most.
_CONTRAST, _LIGHT, _TINT, _OWN = (0.0, 1.2), (0.2, 1.3), (0.6, 1.4), 0.6


class Paint:
    """What each sample of a batch is painted with: another background, its colours changed.

    others: (m, 3, h, w) uint8. purpose: whose draws say which of them, and how it is changed.
    """

    def __init__(self, others: Tensor, draws: Draws, purpose: Purpose) -> None:
        self._others = others
        self._number = draws.between(purpose, 1, 0, len(others)).astype(np.int64)
        self._turned = draws.uniform(purpose, 0) < 0.5
        self._contrast, self._light = draws.between(purpose, 2, *_CONTRAST), draws.between(purpose, 3, *_LIGHT)
        self._tints = [draws.between(purpose, slot, *_TINT) for slot in (4, 5, 6)]

    def of(self, which: NDArray[np.intp]) -> Tensor:
        """Return the paint of the samples at m places in the batch, (m, 3, h, w) float32 levels 0..255."""
        paint = rows(self._others, self._number[which]).float()
        paint = changed(paint, self._turned[which], lambda some, _which: some.flip(2))
        tint = torch.cat([column(tint[which], paint) for tint in self._tints], dim=1)
        mean = paint.mean(dim=(2, 3), keepdim=True)
        flatter = mean + (paint - mean) * column(self._contrast[which], paint)
        return (flatter * (column(self._light[which], paint) * tint)).clamp_(0, 255)


def repainted(
    levels: Tensor, bare: Tensor, mask: Tensor, draws: Draws, strengths: Strengths, others: Tensor | None
) -> Tensor:
    """Return composites (n, 3, h, w) float32 levels in which those who are chosen wear a part of another background.

    `levels` is used up. bare: (n, 3, h, w) and mask: (n, 1, h, w) uint8, what the composites were made of. others:
    (m, 3, h, w) uint8, needed where any are chosen. Edges stay as soft as they were: with alpha a, background B and
    share w of the own looks, a·F becomes `w (levels - (1 - a) B) + (1 - w) a F'`.
    """
    chosen = draws.chosen(Purpose.REPAINT, strengths.repaint_share)
    if others is None or not chosen.any():
        return levels
    paint, own = Paint(others, draws, Purpose.REPAINT_LOOK), draws.between(Purpose.REPAINT, 1, 0, _OWN)

    def repaint(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        alpha = rows(mask, which).float() / 255
        behind = rows(bare, which).float().mul_(1 - alpha)
        share = column(own[which], part)
        worn = (part - behind) * share + paint.of(which) * alpha * (1 - share)
        return worn.add_(behind).clamp_(0, 255)

    return changed(levels, chosen, repaint)
