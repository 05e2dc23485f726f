"""The placement rules, and the interface that each of them offers for one background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import Paste

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

    def place_at(self, f: int, across: int, down: int) -> Paste | None:
        """Place a further cut-out where two random words below 2^32 say; None where it can't be there."""


# Makes the placer of background number b.
PlacerFactory = Callable[[int], Placer]
