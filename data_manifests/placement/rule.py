"""The placement rules, and the interface that each of them offers for one background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import Paste, PasteDraw

RULES = ("random", "grid", "perspective")


class Placer(Protocol):
    """Places cut-outs on one background by the rule of a corpus."""

    def place(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Place each cut-out of a part of the corpus K times, one to a sample.

        Returns:
            boxes: (n, K, 4) int32, x, y, width and height in px.
            visible_px: (n, K) int32, number of visible pixels.
        """

    def first_pastes(self, f: int, counts: NDArray[np.int32]) -> Sequence[Paste]:
        """Place the first cut-out of each sample of a block.

        Args:
            f: Number of the cut-out.
            counts: How many cut-outs each of the K samples is to have, (K,) int32.

        Returns:
            The cut-out in its K places.
        """

    def place_at(self, draw: PasteDraw) -> Paste | None:
        """Place a further cut-out as was drawn for it; None where it can't be there."""


def place_each(placer: Placer, cutouts: range, placements: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Place every one of some cut-outs K times, one to a sample, as `Placer.place` does, by `Placer.first_pastes`."""
    one_each = np.ones(placements, np.int32)
    boxes = np.empty((len(cutouts), placements, 4), np.int32)
    visible_px = np.empty(boxes.shape[:2], np.int32)
    for i, f in enumerate(cutouts):
        for k, paste in enumerate(placer.first_pastes(f, one_each)):
            boxes[i, k], visible_px[i, k] = paste.box, paste.unoccluded_px
    return boxes, visible_px


# Makes the placer of background number b.
PlacerFactory = Callable[[int], Placer]
